/**
 * Import section. Imported items come first in their index spaces.
 * @module
 */

import { WasmError } from "../errors.ts";
import { IMPORTS_MAX } from "../limits.ts";
import type { Import } from "../module.ts";
import { checkOneMemory, readTagType } from "./declarations.ts";
import type { Draft, SectionReader } from "./section-reader.ts";

export function decodeImports(reader: SectionReader, draft: Draft): void {
  reader.vector("import", IMPORTS_MAX, () => {
    const start = reader.position;
    const item = readImport(reader);
    draft.imports.push(item);
    switch (item.kind) {
      case "func":
        draft.functions.push(item.type);
        draft.importedFunctions++;
        break;
      case "table":
        draft.tables.push(item.table);
        draft.importedTables++;
        break;
      case "memory":
        draft.memories.push(item.memory);
        draft.importedMemories++;
        checkOneMemory(draft, start);
        break;
      case "global":
        draft.globals.push(item.global);
        draft.globalInits.push(undefined);
        draft.importedGlobals++;
        break;
      case "tag":
        draft.tags.push(item.type);
        draft.importedTags++;
        break;
    }
  });
}

function readImport(reader: SectionReader): Import {
  const module = reader.shortName();
  const name = reader.shortName();
  const at = reader.position;
  const kind = reader.u8();
  switch (kind) {
    case 0:
      return { module, name, kind: "func", type: reader.u32() };
    case 1:
      return { module, name, kind: "table", table: reader.tableType() };
    case 2:
      return { module, name, kind: "memory", memory: reader.memoryType() };
    case 3:
      return { module, name, kind: "global", global: reader.globalType() };
    case 4:
      return { module, name, kind: "tag", type: readTagType(reader) };
    default:
      throw new WasmError("malformed", `unknown kind of import 0x${kind.toString(16)}`, at);
  }
}
