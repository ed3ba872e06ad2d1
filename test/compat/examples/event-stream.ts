import type { Library } from "../example.ts";

/** The release before the one that was taken over. */
export async function example({ default: es }: Library): Promise<unknown> {
  const gather = (stream: Library): Promise<unknown> =>
    new Promise((resolve, reject) => {
      stream.pipe(es.writeArray((error: unknown, array: unknown) => (error ? reject(error) : resolve(array))));
    });
  const lines = es.split();
  const upper = es.mapSync((line: string) => line.toUpperCase());
  const split = gather(lines.pipe(upper));
  lines.write("one\ntw");
  lines.write("o\nthree");
  lines.end();
  const piped = es.pipeline(
    es.split(),
    es.parse({ error: false }),
    es.map((data: Library, done: Library) => done(null, data.a)),
  );
  const parsed = gather(piped);
  piped.write('{"a":1}\n{"a":2}\n');
  piped.end();
  const through: unknown[] = [];
  const own = es.through(
    function write(this: Library, data: unknown) {
      through.push(data);
      this.emit("data", data);
    },
    function end(this: Library) {
      this.emit("end");
    },
  );
  const own2 = gather(own);
  own.write(1);
  own.write(2);
  own.end();
  return {
    split: await split,
    parsed: await parsed,
    own: await own2,
    through,
    read: await gather(es.readArray([1, 2, 3])),
  };
}

export function call({ default: es }: Library): unknown {
  let seen = "";
  const stream = es.mapSync((text: string) => text.toUpperCase());
  stream.on("data", (text: string) => {
    seen = text;
  });
  stream.write("a");
  return seen;
}
