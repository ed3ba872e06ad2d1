/**
 * Answers that are asked for something before, or after, they are there.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { Far } from "../../passable/index.ts";
import { OcapnError } from "../errors.ts";
import { Answer } from "./answers.ts";
import { ExportTable } from "./export-table.ts";
import { Served } from "./served.ts";

const double = Far("double", (n: number) => n * 2);

describe("an answer that is an object served by sturdyref", () => {
  it.each([
    ["there", (served: Served) => new Answer(served)],
    ["promised", (served: Served) => new Answer(Promise.resolve(served))],
  ])("takes messages when %s", async (_, makeAnswer) => {
    expect(await makeAnswer(new Served(double)).deliver([21])).toBe(42);
  });

  it("takes none once it is revoked", async () => {
    const served = new Served(double);
    const answer = new Answer(Promise.resolve(served));
    const result = answer.deliver([21]);
    served.revoke();
    await expect(result).rejects.toThrow(OcapnError);
    expect(() => new Answer(served).deliver([21])).toThrow(OcapnError);
  });

  it("is the object itself for this side, and marked for the peer", async () => {
    const served = new Served(double);
    const table = new ExportTable({ bootstrap: {}, entriesMax: 3 });
    expect(await new Answer(served).argument(table)).toBe(double);
    expect(await new Answer(Promise.resolve(served)).argument(table)).toBe(double);
    expect(new Answer(served).result).toBe(served);
  });
});
