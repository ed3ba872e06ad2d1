/**
 * Integer operations (specification 4.3.2), 32 bits as numbers, 64 bits as bigints.
 * @module
 */

import {
  consecutive,
  i32Binary,
  i32Compare,
  i32Unary,
  i64Binary,
  i64Compare,
  i64Unary,
  type Operation,
} from "./operation.ts";
import { Trap } from "./values.ts";

const I32_MIN = -0x80000000;
const I64_MIN = -0x8000000000000000n;

const unsigned = (a: bigint): bigint => BigInt.asUintN(64, a);

const i32Operations: readonly Operation[] = [
  i32Unary("i32.clz", Math.clz32),
  i32Unary("i32.ctz", (a) => (a === 0 ? 32 : 31 - Math.clz32(a & -a))),
  i32Unary("i32.popcnt", (a) => countOnes(BigInt(a >>> 0))),
  i32Binary("i32.add", (a, b) => a + b),
  i32Binary("i32.sub", (a, b) => a - b),
  i32Binary("i32.mul", Math.imul),
  i32Binary("i32.div_s", (a, b) => {
    if (b === 0) throw new Trap("divide-by-zero");
    if (a === I32_MIN && b === -1) throw new Trap("integer-overflow");
    return Math.trunc(a / b);
  }),
  i32Binary("i32.div_u", (a, b) => {
    if (b === 0) throw new Trap("divide-by-zero");
    return Math.trunc((a >>> 0) / (b >>> 0));
  }),
  i32Binary("i32.rem_s", (a, b) => {
    if (b === 0) throw new Trap("divide-by-zero");
    return a % b;
  }),
  i32Binary("i32.rem_u", (a, b) => {
    if (b === 0) throw new Trap("divide-by-zero");
    return (a >>> 0) % (b >>> 0);
  }),
  i32Binary("i32.and", (a, b) => a & b),
  i32Binary("i32.or", (a, b) => a | b),
  i32Binary("i32.xor", (a, b) => a ^ b),
  i32Binary("i32.shl", (a, b) => a << b),
  i32Binary("i32.shr_s", (a, b) => a >> b),
  i32Binary("i32.shr_u", (a, b) => a >>> b),
  i32Binary("i32.rotl", (a, b) => (a << (b & 31)) | (a >>> (-b & 31))),
  i32Binary("i32.rotr", (a, b) => (a >>> (b & 31)) | (a << (-b & 31))),
];

const i64Operations: readonly Operation[] = [
  i64Unary("i64.clz", (a) => BigInt(64 - (a === 0n ? 0 : unsigned(a).toString(2).length))),
  i64Unary("i64.ctz", (a) => BigInt(a === 0n ? 64 : unsigned(a & -a).toString(2).length - 1)),
  i64Unary("i64.popcnt", (a) => BigInt(countOnes(unsigned(a)))),
  i64Binary("i64.add", (a, b) => a + b),
  i64Binary("i64.sub", (a, b) => a - b),
  i64Binary("i64.mul", (a, b) => a * b),
  i64Binary("i64.div_s", (a, b) => {
    if (b === 0n) throw new Trap("divide-by-zero");
    if (a === I64_MIN && b === -1n) throw new Trap("integer-overflow");
    return a / b;
  }),
  i64Binary("i64.div_u", (a, b) => {
    if (b === 0n) throw new Trap("divide-by-zero");
    return unsigned(a) / unsigned(b);
  }),
  i64Binary("i64.rem_s", (a, b) => {
    if (b === 0n) throw new Trap("divide-by-zero");
    return a % b;
  }),
  i64Binary("i64.rem_u", (a, b) => {
    if (b === 0n) throw new Trap("divide-by-zero");
    return unsigned(a) % unsigned(b);
  }),
  i64Binary("i64.and", (a, b) => a & b),
  i64Binary("i64.or", (a, b) => a | b),
  i64Binary("i64.xor", (a, b) => a ^ b),
  i64Binary("i64.shl", (a, b) => a << (b & 63n)),
  i64Binary("i64.shr_s", (a, b) => a >> (b & 63n)),
  i64Binary("i64.shr_u", (a, b) => unsigned(a) >> (b & 63n)),
  i64Binary("i64.rotl", (a, b) => (unsigned(a) << (b & 63n)) | (unsigned(a) >> (-b & 63n))),
  i64Binary("i64.rotr", (a, b) => (unsigned(a) >> (b & 63n)) | (unsigned(a) << (-b & 63n))),
];

const i32Comparisons: readonly Operation[] = [
  { name: "i32.eqz", params: "i", results: "i", apply: (s) => s.push(s.popNumber() === 0 ? 1 : 0) },
  i32Compare("i32.eq", (a, b) => a === b),
  i32Compare("i32.ne", (a, b) => a !== b),
  i32Compare("i32.lt_s", (a, b) => a < b),
  i32Compare("i32.lt_u", (a, b) => a >>> 0 < b >>> 0),
  i32Compare("i32.gt_s", (a, b) => a > b),
  i32Compare("i32.gt_u", (a, b) => a >>> 0 > b >>> 0),
  i32Compare("i32.le_s", (a, b) => a <= b),
  i32Compare("i32.le_u", (a, b) => a >>> 0 <= b >>> 0),
  i32Compare("i32.ge_s", (a, b) => a >= b),
  i32Compare("i32.ge_u", (a, b) => a >>> 0 >= b >>> 0),
];

const i64Comparisons: readonly Operation[] = [
  { name: "i64.eqz", params: "I", results: "i", apply: (s) => s.push(s.popBigint() === 0n ? 1 : 0) },
  i64Compare("i64.eq", (a, b) => a === b),
  i64Compare("i64.ne", (a, b) => a !== b),
  i64Compare("i64.lt_s", (a, b) => a < b),
  i64Compare("i64.lt_u", (a, b) => unsigned(a) < unsigned(b)),
  i64Compare("i64.gt_s", (a, b) => a > b),
  i64Compare("i64.gt_u", (a, b) => unsigned(a) > unsigned(b)),
  i64Compare("i64.le_s", (a, b) => a <= b),
  i64Compare("i64.le_u", (a, b) => unsigned(a) <= unsigned(b)),
  i64Compare("i64.ge_s", (a, b) => a >= b),
  i64Compare("i64.ge_u", (a, b) => unsigned(a) >= unsigned(b)),
];

const extensions: readonly Operation[] = [
  i32Unary("i32.extend8_s", (a) => (a << 24) >> 24),
  i32Unary("i32.extend16_s", (a) => (a << 16) >> 16),
  i64Unary("i64.extend8_s", (a) => BigInt.asIntN(8, a)),
  i64Unary("i64.extend16_s", (a) => BigInt.asIntN(16, a)),
  i64Unary("i64.extend32_s", (a) => BigInt.asIntN(32, a)),
];

export const INTEGER_OPERATIONS: readonly (readonly [number, Operation])[] = [
  ...consecutive(0x45, [...i32Comparisons, ...i64Comparisons]),
  ...consecutive(0x67, [...i32Operations, ...i64Operations]),
  ...consecutive(0xc0, extensions),
];

function countOnes(a: bigint): number {
  let ones = 0;
  for (let rest = a; rest !== 0n; rest >>= 1n) ones += Number(rest & 1n);
  return ones;
}
