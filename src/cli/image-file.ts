/**
 * `.caper` files on disk: read whole and verified, written whole or not at all. Scripts are written as differences to the image
 * that all of them begin as, which every Caper of the same version can make: some KB instead of the whole engine.
 *
 * @module
 */
import { readFileSync, statSync } from "node:fs";
import { JAVASCRIPT_KIND } from "../guests/javascript/index.ts";
import {
  type Base,
  bytesToImage,
  decodeImage,
  encodeImage,
  type Image,
  ImageError,
  imageToBytes,
  type TreeState,
} from "../image/index.ts";
import { checkUserFile, nodeHasher, readJavaScriptBase, writeUserFile } from "../node/index.ts";
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
    throw new CliError("file", `${path}: cannot be read: ${describeSystemError(error)}`, { cause: error });
  }
}

export function readImageFile(path: string): ImageFile {
  const bytes = readInput(path);
  try {
    const found: { base?: Base } = {};
    const image = bytesToImage(bytes, {
      hasher: nodeHasher,
      base: (root) => {
        found.base = findBase(root, path);
        return found.base;
      },
    });
    return { image, state: decodeImage(image, { hasher: nodeHasher, ...found }), fileBytes: bytes.length };
  } catch (error) {
    if (error instanceof ImageError) throw new CliError("input", `${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

function findBase(root: string, path: string): Base {
  const base = readJavaScriptBase();
  if (base.root === root) return base;
  throw new CliError(
    "input",
    `${path}: holds only what differs from the image ${root}, and scripts of this version of Caper begin as ${base.root}; thaw it with the version that wrote it, and have that write it with --whole`,
  );
}

export interface WrittenImage {
  readonly file: string;
  readonly root: string;
  readonly bytes: number;
}

/** `isWhole`: also a script's file stands alone. */
export function writeImageFile(
  file: string,
  state: TreeState,
  { isWhole }: { readonly isWhole: boolean },
): WrittenImage {
  const hasScript = state.processes.some((process) => process.guest.kind === JAVASCRIPT_KIND);
  const known = hasScript && !isWhole ? { hasher: nodeHasher, base: readJavaScriptBase() } : { hasher: nodeHasher };
  const image = encodeImage(state, known);
  const bytes = imageToBytes(image, known);
  writeOutput(file, bytes);
  return { file, root: image.root, bytes: bytes.length };
}

export function writeOutput(path: string, bytes: Uint8Array): void {
  explainWrite(path, () => writeUserFile(path, bytes));
}

/** Before anything runs whose result would be lost. */
export function checkOutput(path: string): void {
  explainWrite(path, () => checkUserFile(path));
}

function explainWrite(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new CliError("file", `${path}: cannot be written: ${describeSystemError(error)}`, { cause: error });
  }
}
