/**
 * Script files: the modules that one consists of, read from its folder, with their types stripped.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { transformSync } from "amaro";
import { collectModules, SourceError } from "../guests/javascript/index.ts";
import { CliError } from "./errors.ts";
import { isFile, readInput } from "./image-file.ts";

export interface Script {
  readonly entry: string;
  readonly modules: { readonly [name: string]: string };
}

/** The script and every file that it imports by a relative name. Names are relative to the script's folder. */
export async function readScript(path: string): Promise<Script> {
  const folder = dirname(path);
  const entry = basename(path);
  try {
    const read = (name: string): string | undefined => readText(join(folder, name));
    return { entry, modules: await collectModules({ entry, read, strip: stripTypes }) };
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
