/**
 * Script files: the modules that one consists of, read from its folder, with their types stripped.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import { transformSync } from "amaro";
import { collectModules, importsPackages, SourceError } from "../guests/javascript/index.ts";
import type { LibraryBundle, Policy } from "../library/index.ts";
import { makeNodePackageSource } from "../node/index.ts";
import { CliError } from "./errors.ts";
import { isFile, readInput } from "./image-file.ts";

export interface Script {
  readonly entry: string;
  readonly modules: { readonly [name: string]: string };
  /** Packages with a process of their own. */
  readonly confined: NonNullable<LibraryBundle["confined"]>;
}

/**
 * The script and everything that it imports. Without packages: its files as they are, by names relative to its folder. With packages, or
 * with a policy for them: one bundle, made as that of a library is. Throws `LibraryError` where a package cannot be had.
 */
export async function readScript(path: string, policy: Policy | undefined): Promise<Script> {
  const script = await readFiles(path);
  if (policy === undefined && !importsPackages(script.modules)) return script;
  const source = makeNodePackageSource({ folder: dirname(resolve(path)) });
  const bundle = await source.bundle(`./${basename(path)}`, policy === undefined ? {} : { policy });
  return { entry: bundle.entry, modules: bundle.modules, confined: bundle.confined ?? [] };
}

async function readFiles(path: string): Promise<Script> {
  const folder = dirname(path);
  const entry = basename(path);
  try {
    const read = (name: string): string | undefined => readText(join(folder, name));
    return { entry, modules: await collectModules({ entry, read, strip: stripTypes }), confined: [] };
  } catch (error) {
    // One names the file, line and column, the other the module that is not there.
    if (error instanceof SourceError || error instanceof RangeError) {
      throw new CliError("input", `${path}: ${error.message.replace(`${entry}: `, "")}`, { cause: error });
    }
    throw error;
  }
}

function stripTypes(source: string): string {
  return transformSync(source, { mode: "strip-only" }).code;
}

function readText(file: string): string | undefined {
  if (!isFile(file)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readInput(file));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError("input", `${file}: is not UTF-8 text; save it as UTF-8`, { cause: error });
  }
}
