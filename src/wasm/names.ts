/**
 * The name section (specification, appendix 7.4.1): names for people, never relied upon. A broken one is ignored, as
 * engines do.
 * @module
 */

import { ByteReader, BytesError } from "../bytes/index.ts";
import type { WasmModule } from "./module.ts";

export interface ModuleNames {
  readonly module?: string;
  /** By function index. */
  readonly functions: ReadonlyMap<number, string>;
}

const SUBSECTION_MODULE = 0;
const SUBSECTION_FUNCTIONS = 1;

export function decodeNames(module: WasmModule): ModuleNames {
  const section = module.customs.find((custom) => custom.name === "name");
  if (section === undefined) return { functions: new Map() };
  try {
    return readNames(new ByteReader(module.bytes, section.start, section.end), module.functions.length);
  } catch (error) {
    if (error instanceof BytesError) return { functions: new Map() };
    throw error;
  }
}

/** How a function is best called: by its name in the name section, else by an export. */
export function functionName(module: WasmModule, func: number): string | undefined {
  const name = decodeNames(module).functions.get(func);
  return name ?? module.exports.find((item) => item.kind === "func" && item.index === func)?.name;
}

function readNames(reader: ByteReader, functionCount: number): ModuleNames {
  let moduleName: string | undefined;
  const functions = new Map<number, string>();
  while (!reader.done) {
    const id = reader.u8();
    const size = reader.u32();
    const start = reader.skip(size);
    const subsection = new ByteReader(reader.bytes, start, start + size);
    if (id === SUBSECTION_MODULE) {
      moduleName = subsection.name();
    } else if (id === SUBSECTION_FUNCTIONS) {
      for (let count = subsection.u32(); count > 0; count--) {
        const index = subsection.u32();
        const name = subsection.name();
        if (index < functionCount) functions.set(index, name);
      }
    }
  }
  return moduleName === undefined ? { functions } : { module: moduleName, functions };
}
