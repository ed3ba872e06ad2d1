/**
 * SQLite, a megabyte of somebody else's C: an unmodified module runs, and goes on journeys in the middle of its queries.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { makeBytesInput } from "../../src/powers/index.ts";
import { isPresent, REAL_PROGRAMS, REAL_REMEDY } from "./setup.ts";
import { type Travel, travel } from "./travel.ts";

const SQL = `
create table t(id integer primary key, name text, score real);
with recursive n(i) as (select 1 union all select i+1 from n where i<3000)
  insert into t select i, printf('name-%d', i*7919%1000), i*1.5/7 from n;
create index by_name on t(name);
select count(*), sum(score), max(name) from t;
select name, count(*), round(avg(score),3) from t group by name having count(*)>2 order by 3 desc limit 5;
select count(*) from t a join t b on a.name=b.name where a.id<b.id and b.score-a.score<500;
with recursive fib(a,b) as (values(0,1) union all select b,a+b from fib where b<1e12) select max(a) from fib;
select group_concat(json_extract(json_object('id',id,'n',name),'$.n'),',') from t where id%977=0;
`;
const ROWS = [
  "3000|964607.142857143|name-999",
  "name-0|3|428.571",
  "name-81|3|428.357",
  "name-162|3|428.143",
  "name-243|3|427.929",
  "name-324|3|427.714",
  "3000",
  "956722026041",
  "name-589,name-726,name-863",
];

const init = (): Travel => ({
  bytes: new Uint8Array(readFileSync(REAL_PROGRAMS.sqlite)),
  powers: () => ({ args: ["sqlite"], stdin: makeBytesInput(SQL) }),
  gas: 1e11,
  memoryBytes: 256 << 20,
});

describe.skipIf(!isPresent("sqlite"))(`SQLite (${REAL_REMEDY})`, () => {
  it("ends with the same rows, gas and image after a journey in the middle of every query", () => {
    const whole = travel(init());
    expect(whole.result).toEqual({ kind: "done", results: [] });
    expect(whole.output.trim().split("\n").sort()).toEqual([...ROWS].sort());
    const gasBetween = Array.from({ length: 20 }, (_, index) => 1000 + Math.ceil((whole.gasUsed * index) / 250));
    const interrupted = travel(init(), gasBetween);
    expect(interrupted.journeys).toBe(gasBetween.length);
    expect({ ...interrupted, journeys: 0, imageBytes: 0 }).toEqual(whole);
  });
});
