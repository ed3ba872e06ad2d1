import type { Library } from "../example.ts";

export const powers = ["random"] as const;

/** Random names differ by their nature: their form is compared, and what is made with a given source of bytes. */
export async function example({ nanoid, customAlphabet, customRandom, urlAlphabet }: Library): Promise<unknown> {
  const names = Array.from({ length: 200 }, () => nanoid());
  const hex = customAlphabet("1234567890abcdef", 10);
  let state = 1;
  const fixed = customRandom("abcdef", 10, (size: number) =>
    new Uint8Array(size).map(() => {
      state = (state * 48271) % 2147483647;
      return state & 255;
    }),
  );
  return {
    form: names.every((name) => /^[\w-]{21}$/.test(name)),
    distinct: new Set(names).size,
    short: nanoid(5).length,
    hex: /^[0-9a-f]{10}$/.test(hex()),
    longer: hex(30).length,
    fixed: [fixed(), fixed()],
    alphabet: urlAlphabet,
  };
}

export function call({ nanoid }: Library): unknown {
  return nanoid().length;
}
