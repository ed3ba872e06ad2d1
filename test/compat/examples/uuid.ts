import type { Library } from "../example.ts";

export const powers = ["random"] as const;

/** Random names differ by their nature: their form is compared, and all that follows from given bytes. */
export async function example(uuid: Library): Promise<unknown> {
  const { v1, v3, v4, v5, v7, parse, stringify, validate, version, NIL } = uuid;
  const random = Uint8Array.from([
    0x10, 0x91, 0x56, 0xbe, 0xc4, 0xfb, 0xc1, 0xea, 0x71, 0xb4, 0xef, 0xe1, 0x67, 0x1c, 0x58, 0x36,
  ]);
  const namespace = "1b671a64-40d5-491e-99b0-da01ff1f3341";
  return {
    form: validate(v4()) && version(v4()) === 4,
    distinct: new Set(Array.from({ length: 100 }, () => v4())).size,
    v4: v4({ random }),
    v5: [v5("Hello, World!", namespace), v5("hello.example.com", v5.DNS)],
    v3: v3("Hello, World!", namespace),
    v1: v1({
      node: Uint8Array.of(1, 0x23, 0x45, 0x67, 0x89, 0xab),
      clockseq: 0x1234,
      msecs: 1321644961388,
      nsecs: 5678,
    }),
    v7: v7({ msecs: 1321644961388, seq: 1, random }),
    parsed: parse("6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b"),
    text: stringify(parse("6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b")),
    valid: [validate("not a UUID"), validate(NIL), version("45637ec4-c85f-11ea-87d0-0242ac130003")],
  };
}

export function call({ v4 }: Library): unknown {
  return v4().length;
}
