/**
 * Strings in the engine's memory. One is made by letting the engine allocate it, and writing its characters in place: so nothing is
 * copied twice, and no character is lost on the way through UTF-8. Whatever the memory holds, reading it stays within it.
 * @module
 */

import { IS_ROPE, IS_STRING, readImmediate } from "./words.ts";

/** Length and width, kind, …; then the characters, or where they are. */
const HEADER_BYTES = 24;
const WIDE = 0x8000_0000;

/** A string as the engine keeps it: one or two bytes for each unit. */
export interface EngineText {
  readonly length: number;
  readonly wide: boolean;
  readonly bytes: Uint8Array;
}

const encoder = new TextEncoder();
const asciiDecoder = new TextDecoder();
const wideDecoder = new TextDecoder("utf-16le", { ignoreBOM: true, fatal: true });

/** Below this a loop is faster than the encoder. */
const SHORT = 200;
const CHUNK = 0x4000;

let lastString = "";
let lastText: EngineText = { length: 0, wide: false, bytes: new Uint8Array() };

/** It is asked for twice: for the room that a text takes, and to write it. */
export function engineText(text: string): EngineText {
  if (text !== lastString) {
    lastText = makeEngineText(text);
    lastString = text;
  }
  return lastText;
}

/** Nothing large is kept between calls. */
export function forgetText(): void {
  engineText("");
}

function makeEngineText(text: string): EngineText {
  if (text.length >= SHORT) {
    const bytes = encoder.encode(text);
    if (bytes.length === text.length) return { length: text.length, wide: false, bytes };
  }
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0xff) return wideText(text);
    bytes[index] = unit;
  }
  return { length: text.length, wide: false, bytes };
}

function wideText(text: string): EngineText {
  const bytes = new Uint8Array(text.length * 2);
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    bytes[2 * index] = unit & 0xff;
    bytes[2 * index + 1] = unit >>> 8;
  }
  return { length: text.length, wide: true, bytes };
}

/** Units of 16 bits for which the engine must allocate a string, so that the text (and a zero at the end of a narrow one) has room. */
export function unitsFor(text: EngineText): number {
  if (text.length === 0) return 0;
  return text.wide ? text.length : (text.length >>> 1) + 1;
}

/** Makes the fresh string at `pointer`, of `unitsFor(text)` units, this text. */
export function fillString(memory: Uint8Array, view: DataView, pointer: number, text: EngineText): void {
  // The engine has one empty string.
  if (text.length === 0) return;
  view.setUint32(pointer, (text.wide ? WIDE : 0) + text.length, true);
  memory.set(text.bytes, pointer + HEADER_BYTES);
  if (!text.wide) memory[pointer + HEADER_BYTES + text.length] = 0;
}

/** The characters of the string that the word at `at` holds; undefined where it holds none, or one that is too long or malformed. */
export function readText(memory: Uint8Array, view: DataView, at: number, lengthMax: number): EngineText | undefined {
  const kind = readImmediate(view, at);
  const pointer = view.getUint32(at, true);
  if (kind === IS_STRING) return readString(memory, pointer, lengthMax);
  return kind === IS_ROPE ? readRope(memory, pointer, lengthMax) : undefined;
}

/** The bytes are a view on the memory. */
export function readString(memory: Uint8Array, pointer: number, lengthMax: number): EngineText | undefined {
  if (pointer + HEADER_BYTES + 8 > memory.length) return undefined;
  const view = viewOf(memory);
  const lengthAndWidth = view.getUint32(pointer, true);
  const length = lengthAndWidth & 0x7fffffff;
  if (length > lengthMax) return undefined;
  const wide = lengthAndWidth >>> 31 === 1;
  const start = charactersOf(view, pointer);
  const end = start + (wide ? length * 2 : length);
  return end > memory.length ? undefined : { length, wide, bytes: memory.subarray(start, end) };
}

/** A string holds its characters itself, or it is a part of another, or they are elsewhere. */
function charactersOf(view: DataView, pointer: number): number {
  const kind = (view.getUint32(pointer + 4, true) >>> 28) & 3;
  if (kind === 0) return pointer + HEADER_BYTES;
  const source = view.getUint32(pointer + HEADER_BYTES, true);
  return kind === 1 ? source + view.getUint32(pointer + HEADER_BYTES + 4, true) + HEADER_BYTES : source;
}

const ROPE_BYTES = 24;
const ROPE_LEFT = 8;
const ROPE_RIGHT = 16;

/** What was put together of pieces, and is not yet one string in the engine. */
function readRope(memory: Uint8Array, pointer: number, lengthMax: number): EngineText | undefined {
  const view = viewOf(memory);
  if (pointer + ROPE_BYTES > memory.length) return undefined;
  const length = view.getUint32(pointer, true);
  const wide = view.getUint8(pointer + 4) !== 0;
  if (length > lengthMax) return undefined;
  const bytes = new Uint8Array(wide ? length * 2 : length);
  const cells = [pointer + ROPE_RIGHT, pointer + ROPE_LEFT];
  let written = 0;
  // Of each two pieces one has characters, so a rope that is none in truth ends here too.
  for (let left = 2 * length + 2; left > 0; left -= 1) {
    const cell = cells.pop();
    if (cell === undefined) return written === length ? { length, wide, bytes } : undefined;
    const kind = readImmediate(view, cell);
    const at = view.getUint32(cell, true);
    if (kind === IS_ROPE) {
      if (at + ROPE_BYTES > memory.length) return undefined;
      cells.push(at + ROPE_RIGHT, at + ROPE_LEFT);
      continue;
    }
    const piece = kind === IS_STRING ? readString(memory, at, length - written) : undefined;
    if (piece === undefined || (piece.wide && !wide)) return undefined;
    copyUnits(bytes, written, piece, wide);
    written += piece.length;
  }
  return written === length && cells.length === 0 ? { length, wide, bytes } : undefined;
}

function copyUnits(target: Uint8Array, at: number, piece: EngineText, wide: boolean): void {
  if (piece.wide === wide) {
    target.set(piece.bytes, wide ? 2 * at : at);
    return;
  }
  for (let index = 0; index < piece.length; index += 1) target[2 * (at + index)] = piece.bytes[index] as number;
}

export function textToString(text: EngineText): string {
  const { bytes } = text;
  if (text.wide) return wideToString(bytes);
  if (bytes.length < SHORT || !isAscii(bytes)) return narrowToString(bytes);
  return asciiDecoder.decode(bytes);
}

function narrowToString(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return text;
}

function wideToString(bytes: Uint8Array): string {
  try {
    return wideDecoder.decode(bytes);
  } catch {
    // Lone surrogates keep.
    const view = viewOf(bytes);
    let text = "";
    for (let at = 0; at < bytes.length; at += 2) text += String.fromCharCode(view.getUint16(at, true));
    return text;
  }
}

/** Whether it comes back from UTF-8 as it is. */
export function textToUtf8(text: EngineText): Uint8Array {
  return !text.wide && isAscii(text.bytes) ? text.bytes.slice() : encoder.encode(textToString(text));
}

export function isAscii(bytes: Uint8Array): boolean {
  let at = 0;
  let all = 0;
  const start = bytes.byteOffset;
  const aligned = Math.min(-start & 3, bytes.length);
  for (; at < aligned; at += 1) all |= bytes[at] as number;
  const words = new Uint32Array(bytes.buffer, start + at, (bytes.length - at) >>> 2);
  let high = 0;
  for (let index = 0; index < words.length; index += 1) high |= words[index] as number;
  for (at += 4 * words.length; at < bytes.length; at += 1) all |= bytes[at] as number;
  return all < 0x80 && (high & 0x8080_8080) === 0;
}

function viewOf(memory: Uint8Array): DataView {
  return new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
}
