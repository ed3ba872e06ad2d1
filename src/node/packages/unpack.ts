/**
 * Brings the packages of a tree into a folder: tarballs out of the content-addressed cache, or the registry, verified against the
 * integrity that the tree promises before a byte of them is looked at. Only plain files and folders are unpacked; no script runs.
 *
 * @module
 */
import { mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import pacote from "pacote";
import { type ReadEntry, Unpack } from "tar";
import { LibraryError } from "../../library/index.ts";
import type { PackageLimits } from "./limits.ts";
import type { NpmOptions } from "./npm-config.ts";
import { toLibraryError } from "./npm-errors.ts";
import type { TreePackage } from "./tree.ts";

const PARALLEL = 8;
const CONTENT_TYPES = new Set(["File", "OldFile", "ContiguousFile", "Directory"]);

export interface UnpackInit {
  readonly packages: readonly TreePackage[];
  readonly folder: string;
  readonly npm: NpmOptions;
  readonly limits: PackageLimits;
}

/** Optional packages that cannot be had are left out. */
export async function unpackTree(init: UnpackInit): Promise<void> {
  const queue = [...init.packages];
  const used = { files: 0, bytes: 0 };
  const work = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      try {
        await unpackOne(one, init, used);
      } catch (error) {
        if (!one.optional || (error instanceof LibraryError && error.code === "integrity")) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

interface Used {
  files: number;
  bytes: number;
}

async function unpackOne(one: TreePackage, init: UnpackInit, used: Used): Promise<void> {
  const target = join(init.folder, one.location);
  if (one.folder !== undefined) {
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(one.folder, target, "junction");
    return;
  }
  const about = `${one.name}@${one.version}`;
  try {
    const tarball = await fetchTarball(one, init, about);
    mkdirSync(target, { recursive: true });
    await unpackTarball(tarball, target, (entry) => count(entry, { used, limits: init.limits, about }));
  } catch (error) {
    throw toLibraryError(error, about);
  }
}

/** The whole of it, so that nothing is unpacked before its digest is known to be right. */
function fetchTarball(one: TreePackage, init: UnpackInit, about: string): Promise<Uint8Array> {
  const options = {
    ...init.npm,
    resolved: undefined,
    ...(one.integrity === undefined ? {} : { integrity: one.integrity }),
    allowRemote: "all",
    _isRoot: true,
  };
  const read = async (stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of stream) {
      bytes += chunk.length;
      if (bytes > init.limits.tarballBytes)
        throw tooMuch(about, `its tarball is larger than ${init.limits.tarballBytes} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  };
  return pacote.tarball.stream(one.spec, read, options);
}

function count(
  entry: ReadEntry,
  to: { readonly used: Used; readonly limits: PackageLimits; readonly about: string },
): void {
  to.used.files += 1;
  to.used.bytes += entry.size;
  if (to.used.files > to.limits.files)
    throw tooMuch(to.about, `it and its dependencies have more than ${to.limits.files} files`);
  if (to.used.bytes > to.limits.unpackedBytes) {
    throw tooMuch(to.about, `it and its dependencies are larger than ${to.limits.unpackedBytes} bytes`);
  }
}

function tooMuch(about: string, what: string): LibraryError {
  return new LibraryError("broken-package", `${about}: ${what}; choose a smaller one`, { package: about });
}

function unpackTarball(bytes: Uint8Array, folder: string, check: (entry: ReadEntry) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const unpack = new Unpack({
      cwd: folder,
      strip: 1,
      strict: true,
      fmode: 0o600,
      dmode: 0o700,
      preserveOwner: false,
      noMtime: true,
      filter: (_path, entry) => {
        if (!("type" in entry) || !CONTENT_TYPES.has(entry.type)) return false;
        try {
          check(entry);
          return true;
        } catch (error) {
          unpack.abort(error instanceof Error ? error : new Error(String(error)));
          reject(error);
          return false;
        }
      },
    });
    unpack.on("error", reject);
    unpack.on("close", resolve);
    unpack.end(Buffer.from(bytes));
  });
}
