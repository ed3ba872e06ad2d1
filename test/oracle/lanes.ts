/**
 * A vector as lanes and back. Integer lanes are bigints of any width, so that one function serves all shapes; packing wraps them.
 * @module
 */

export type LaneBits = 8 | 16 | 32 | 64;
export type Sign = "s" | "u";

const VECTOR_BYTES = 16;

/** Lane 0 first (little-endian). */
export function toLanes(vector: Uint8Array, bits: LaneBits, sign: Sign): bigint[] {
  const bytes = bits / 8;
  const lanes: bigint[] = [];
  for (let at = 0; at < VECTOR_BYTES; at += bytes) {
    let lane = 0n;
    for (let i = bytes - 1; i >= 0; i--) lane = (lane << 8n) | BigInt(vector[at + i] ?? 0);
    lanes.push(sign === "s" ? BigInt.asIntN(bits, lane) : lane);
  }
  return lanes;
}

/** Missing lanes are zero. */
export function fromLanes(lanes: readonly bigint[], bits: LaneBits): Uint8Array {
  const bytes = bits / 8;
  const vector = new Uint8Array(VECTOR_BYTES);
  lanes.forEach((lane, n) => {
    let rest = BigInt.asUintN(bits, lane);
    for (let i = 0; i < bytes; i++) {
      vector[n * bytes + i] = Number(rest & 0xffn);
      rest >>= 8n;
    }
  });
  return vector;
}

export function mapLanes(vector: Uint8Array, bits: LaneBits, sign: Sign, f: (a: bigint) => bigint): Uint8Array {
  return fromLanes(toLanes(vector, bits, sign).map(f), bits);
}

export function zipLanes(
  a: Uint8Array,
  b: Uint8Array,
  bits: LaneBits,
  sign: Sign,
  f: (a: bigint, b: bigint) => bigint,
): Uint8Array {
  const right = toLanes(b, bits, sign);
  return fromLanes(
    toLanes(a, bits, sign).map((lane, i) => f(lane, right[i] ?? 0n)),
    bits,
  );
}

/** Into the range of a lane of `bits`. */
export function saturate(value: bigint, bits: LaneBits, sign: Sign): bigint {
  const size = BigInt(bits);
  const least = sign === "s" ? -(1n << (size - 1n)) : 0n;
  const most = sign === "s" ? (1n << (size - 1n)) - 1n : (1n << size) - 1n;
  return value < least ? least : value > most ? most : value;
}

export const toF32Lanes = (vector: Uint8Array): number[] => toLanes(vector, 32, "u").map(Number);
export const fromF32Lanes = (lanes: readonly number[]): Uint8Array => fromLanes(lanes.map(BigInt), 32);
