/**
 * Public keys and signatures on the wire: libgcrypt's s-expressions as lists that begin with a symbol (CapTP draft, Cryptography).
 *
 * @module
 */

import type { SyrupReader, SyrupWriter } from "../../passable/index.ts";
import { KEY_BYTES, SIGNATURE_BYTES } from "../keys.ts";

/** The two halves of a signature are the point R and the number s. */
const HALF_BYTES: number = SIGNATURE_BYTES / 2;

/** `['public-key ['ecc ['curve 'Ed25519] ['flags 'eddsa] ['q q]]]` */
export function writePublicKey(writer: SyrupWriter, publicKey: Uint8Array): void {
  begin(writer, "public-key");
  begin(writer, "ecc");
  writeWord(writer, "curve", "Ed25519");
  writeWord(writer, "flags", "eddsa");
  writeField(writer, "q", publicKey);
  writer.endList();
  writer.endList();
}

/** 32 bytes, which need not be a point of the curve: then no signature is right. */
export function readPublicKey(reader: SyrupReader): Uint8Array {
  expectBegin(reader, "public-key");
  expectBegin(reader, "ecc");
  expectWord(reader, "curve", "Ed25519");
  expectWord(reader, "flags", "eddsa");
  const publicKey = readField(reader, "q", KEY_BYTES);
  reader.endList();
  reader.endList();
  return publicKey;
}

/** `['sig-val ['eddsa ['r r] ['s s]]]` */
export function writeSignature(writer: SyrupWriter, signature: Uint8Array): void {
  begin(writer, "sig-val");
  begin(writer, "eddsa");
  writeField(writer, "r", signature.subarray(0, HALF_BYTES));
  writeField(writer, "s", signature.subarray(HALF_BYTES));
  writer.endList();
  writer.endList();
}

/** 64 bytes. */
export function readSignature(reader: SyrupReader): Uint8Array {
  expectBegin(reader, "sig-val");
  expectBegin(reader, "eddsa");
  const signature = new Uint8Array(SIGNATURE_BYTES);
  signature.set(readField(reader, "r", HALF_BYTES));
  signature.set(readField(reader, "s", HALF_BYTES), HALF_BYTES);
  reader.endList();
  reader.endList();
  return signature;
}

function begin(writer: SyrupWriter, label: string): void {
  writer.beginList();
  writer.writeSymbol(label);
}

function writeWord(writer: SyrupWriter, label: string, word: string): void {
  begin(writer, label);
  writer.writeSymbol(word);
  writer.endList();
}

function writeField(writer: SyrupWriter, label: string, bytes: Uint8Array): void {
  begin(writer, label);
  writer.writeBytes(bytes);
  writer.endList();
}

function expectBegin(reader: SyrupReader, label: string): void {
  reader.beginList();
  expectSymbol(reader, label);
}

function expectWord(reader: SyrupReader, label: string, word: string): void {
  expectBegin(reader, label);
  expectSymbol(reader, word);
  reader.endList();
}

function readField(reader: SyrupReader, label: string, byteCount: number): Uint8Array {
  expectBegin(reader, label);
  const bytes = reader.readBytes();
  if (bytes.length !== byteCount) reader.fail(`expected ${byteCount} bytes of «${label}», got ${bytes.length}`);
  reader.endList();
  return bytes;
}

function expectSymbol(reader: SyrupReader, expected: string): void {
  if (reader.readSymbol() !== expected)
    reader.fail(`expected the symbol ${expected}, as keys and signatures of Ed25519 have it`);
}
