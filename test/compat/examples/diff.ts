import type { Library } from "../example.ts";

const ONE = "first\nsecond\nthird\n";
const OTHER = "first\n2nd\nthird\nfourth\n";

export async function example(diff: Library): Promise<unknown> {
  const patch = diff.createPatch("a.txt", ONE, OTHER, "old", "new");
  return {
    characters: diff.diffChars("beep boop", "beep boob blah"),
    words: diff.diffWords("the quick fox", "the slow fox"),
    lines: diff.diffLines(ONE, OTHER),
    json: diff.diffJson({ a: 1, b: 2 }, { a: 1, c: 3 }),
    arrays: diff.diffArrays([1, 2, 3], [1, 3, 4], { comparator: (a: number, b: number) => a === b }),
    patch,
    applied: diff.applyPatch(ONE, patch),
    parsed: diff.parsePatch(patch),
  };
}

export function call({ diffChars }: Library): unknown {
  return diffChars("abc", "abd");
}
