/**
 * The smallest WebAssembly programs that do one thing, as bytes.
 *
 * @module
 */

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

function section(id: number, content: readonly number[]): readonly number[] {
  return [id, content.length, ...content];
}

function name(text: string): readonly number[] {
  return [text.length, ...new TextEncoder().encode(text)];
}

/** A module with one page of memory whose `_start` has this body; imports function 0 `proc_exit(i32)`. */
function program(body: readonly number[]): Uint8Array {
  return new Uint8Array([
    ...HEADER,
    ...section(1, [2, 0x60, 0, 0, 0x60, 1, 0x7f, 0]),
    ...section(2, [1, ...name("wasi_snapshot_preview1"), ...name("proc_exit"), 0, 1]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...name("_start"), 0, 1, ...name("memory"), 2, 0]),
    ...section(10, [1, body.length + 2, 0, ...body, 0x0b]),
  ]);
}

export const trapping: Uint8Array = program([0x00]);
export const endless: Uint8Array = program([0x03, 0x40, 0x0c, 0, 0x0b]);
export const recursive: Uint8Array = program([0x10, 1]);
/** Grows by 16 pages for ever. */
export const greedy: Uint8Array = program([0x03, 0x40, 0x41, 16, 0x40, 0, 0x1a, 0x0c, 0, 0x0b]);
export const library: Uint8Array = new Uint8Array(HEADER);
export const stranger: Uint8Array = new Uint8Array([
  ...HEADER,
  ...section(1, [1, 0x60, 0, 0]),
  ...section(2, [1, ...name("env"), ...name("launch_missiles"), 0, 0]),
  ...section(3, [1, 0]),
  ...section(7, [1, ...name("_start"), 0, 1]),
  ...section(10, [1, 2, 0, 0x0b]),
]);

export function exiting(code: number): Uint8Array {
  return program([0x41, code, 0x10, 0]);
}
