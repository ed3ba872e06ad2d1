/**
 * The power `input`: what arrives on a stream, such as a standard input, in the order in which it came.
 *
 * @module
 */
import { M } from "../passable/index.ts";
import { PowerError } from "./errors.ts";
import { makePower } from "./power.ts";
import { type InputStream, isWait } from "./streams.ts";

export interface InputPower {
  /** At least one byte and at most `countMax`, as soon as there are any; undefined at the end. */
  readonly read: (countMax?: number) => Promise<Uint8Array | undefined>;
  /** Everything up to the end, as UTF-8. */
  readonly readText: () => Promise<string>;
}

/** Of one `read`, and of one `readText`. */
export const INPUT_BYTES_MAX: number = 8 << 20;
const READ_BYTES_DEFAULT = 65_536;

const countMax = M.named("countMax", M.integer({ min: 1, max: INPUT_BYTES_MAX }));

// Reading takes away what was read, so neither is a method that only reads.
const guard = M.interface("input", {
  read: M.callWhen()
    .optional(countMax)
    .returns(M.optional(M.bytes({ lengthMax: INPUT_BYTES_MAX }))),
  readText: M.callWhen().returns(M.string()),
});

export function makeInputPower(stream: InputStream): InputPower {
  const read = async (countMax: number): Promise<Uint8Array | undefined> => {
    for (;;) {
      const chunk = stream.read(countMax);
      if (!isWait(chunk)) return chunk;
      await chunk.wake;
    }
  };
  return makePower("input", guard, {
    read: (countMax = READ_BYTES_DEFAULT) => read(countMax),
    async readText() {
      const chunks: Uint8Array[] = [];
      let length = 0;
      for (let chunk = await read(READ_BYTES_DEFAULT); chunk !== undefined; chunk = await read(READ_BYTES_DEFAULT)) {
        length += chunk.length;
        if (length > INPUT_BYTES_MAX) {
          throw new PowerError("too-big", `more than ${INPUT_BYTES_MAX} bytes; read it in pieces`);
        }
        chunks.push(chunk);
      }
      return decodeAll(chunks, length);
    },
  });
}

function decodeAll(chunks: readonly Uint8Array[], length: number): string {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(all);
}
