/**
 * `.caper` files on disk: read whole and verified, written whole or not at all.
 *
 * @module
 */
import { readFileSync, statSync } from "node:fs";
import {
  bytesToImage,
  decodeImage,
  encodeImage,
  type Image,
  ImageError,
  imageToBytes,
  type TreeState,
} from "../image/index.ts";
import { nodeHasher, writeFileAtomic } from "../node/index.ts";
import { CliError, describeSystemError } from "./errors.ts";

/** Node reads no more into one array. */
const FILE_BYTES_MAX = 2 ** 32 - 1;

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

export interface ImageFile {
  readonly image: Image;
  readonly state: TreeState;
  readonly fileBytes: number;
}

/** The bytes of a file that the user named. */
export function readInput(path: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size > FILE_BYTES_MAX)
      throw new CliError("input", `${path}: it is larger than 4 GiB, which is more than any program or image`);
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError("file", `${path}: can not be read: ${describeSystemError(error)}`, { cause: error });
  }
}

export function readImageFile(path: string): ImageFile {
  const bytes = readInput(path);
  try {
    const image = bytesToImage(bytes, { hasher: nodeHasher });
    return { image, state: decodeImage(image, { hasher: nodeHasher }), fileBytes: bytes.length };
  } catch (error) {
    if (error instanceof ImageError) throw new CliError("input", `${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

export interface WrittenImage {
  readonly file: string;
  readonly root: string;
  readonly bytes: number;
}

export function writeImageFile(file: string, state: TreeState): WrittenImage {
  const image = encodeImage(state, { hasher: nodeHasher });
  const bytes = imageToBytes(image, { hasher: nodeHasher });
  writeOutput(file, bytes);
  return { file, root: image.root, bytes: bytes.length };
}

export function writeOutput(path: string, bytes: Uint8Array): void {
  try {
    writeFileAtomic(path, bytes);
  } catch (error) {
    throw new CliError("file", `${path}: can not be written: ${describeSystemError(error)}`, { cause: error });
  }
}
