/**
 * Random Syrup for properties: any values, and texts that are likely to be mistaken for something else.
 *
 * @module
 */
import fc from "fast-check";
import {
  encodeSyrup,
  makeSelector,
  SyrupRecord,
  SyrupSet,
  SyrupStruct,
  type SyrupValue,
} from "../../src/passable/index.ts";

/** Unicode text: Syrup has no lone surrogates. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "__proto__", "constructor", "then", "5+", "]", "void", "\ufeff", "a".repeat(40), "é".repeat(20)),
);

const keyOf = (value: SyrupValue): string => encodeSyrup(value).join();

export const anySyrup: fc.Arbitrary<SyrupValue> = fc.letrec<{ value: SyrupValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.boolean(),
    fc.double(),
    fc.bigInt(),
    fc.maxSafeInteger().map(BigInt),
    anyText,
    anyText.map(makeSelector),
    fc.uint8Array(),
    fc.array(tie("value")),
    fc.tuple(tie("value"), fc.array(tie("value"))).map(([label, fields]) => new SyrupRecord(label, fields)),
    fc
      .uniqueArray(fc.tuple(tie("value"), tie("value")), { selector: ([key]) => keyOf(key) })
      .map((entries) => new SyrupStruct(entries)),
    fc.uniqueArray(tie("value"), { selector: keyOf }).map((items) => new SyrupSet(items)),
  ),
})).value;
