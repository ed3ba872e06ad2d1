/**
 * From bytes to a module: the binary format of the specification (chapter 5) up to, but not into, the instructions.
 * What comes out is well-formed; whether it is valid is for validate.ts to say, and nothing may run before it did.
 * @module
 */

import { locateError, offsetToHex, quoteName, WasmError } from "./errors.ts";
import { CUSTOM_SECTIONS_MAX, MODULE_BYTES_MAX } from "./limits.ts";
import type { WasmModule } from "./module.ts";
import { decodeCode } from "./sections/code.ts";
import { decodeData } from "./sections/data.ts";
import {
  decodeDataCount,
  decodeExports,
  decodeFunctions,
  decodeGlobals,
  decodeMemories,
  decodeStart,
  decodeTables,
  decodeTags,
} from "./sections/declarations.ts";
import { decodeElements } from "./sections/elements.ts";
import { decodeImports } from "./sections/imports.ts";
import { SECTION_CODE, SECTION_CUSTOM, SECTION_NAMES, SECTION_ORDER } from "./sections/section-ids.ts";
import { type Draft, SectionReader } from "./sections/section-reader.ts";
import { decodeTypes } from "./sections/types.ts";

/** By section number, as in section-ids.ts. */
const DECODERS: readonly ((reader: SectionReader, draft: Draft) => void)[] = [
  decodeCustom,
  decodeTypes,
  decodeImports,
  decodeFunctions,
  decodeTables,
  decodeMemories,
  decodeGlobals,
  decodeExports,
  decodeStart,
  decodeElements,
  decodeCode,
  decodeData,
  decodeDataCount,
  decodeTags,
];

const HEADER_BYTES = 8;

/** Throws a `WasmError` where the bytes are not a module or use what is not supported. The module keeps `bytes`. */
export function decodeModule(bytes: Uint8Array): WasmModule {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`bytes: expected Uint8Array, got ${typeof bytes}`);
  if (bytes.length > MODULE_BYTES_MAX) {
    throw new WasmError("unsupported", `the module is larger than ${MODULE_BYTES_MAX} bytes`);
  }
  checkHeader(bytes);
  const draft = makeDraft(bytes);
  let position = HEADER_BYTES;
  let rank = -1;
  while (position < bytes.length) {
    const at = position;
    const id = bytes[position] as number;
    const reader = openSection(bytes, at);
    if (id !== SECTION_CUSTOM) {
      const sectionRank = SECTION_ORDER.indexOf(id);
      if (sectionRank <= rank) {
        const fault = sectionRank === rank ? "occurs twice" : "stands in the wrong place";
        throw new WasmError("malformed", `${reader.section} section at ${offsetToHex(at)}: ${fault}`, at);
      }
      rank = sectionRank;
    }
    decodeSection(id, reader, draft);
    position = reader.end;
  }
  checkCounts(draft);
  return draft;
}

function decodeSection(id: number, reader: SectionReader, draft: Draft): void {
  try {
    DECODERS[id]?.(reader, draft);
    if (!reader.done)
      throw new WasmError("malformed", "bytes are left over at the end of the section", reader.position);
  } catch (error) {
    throw locateError(error, id === SECTION_CODE ? placeInCode(reader, draft) : reader.place);
  }
}

/** The name section comes after the code, but an export may name the function. */
function placeInCode(reader: SectionReader, draft: Draft): string {
  const found = draft.exports.find((item) => item.kind === "func" && item.index === reader.itemIndex);
  return reader.item !== "" && found !== undefined ? `${reader.place} ${quoteName(found.name)}` : reader.place;
}

/** A reader for the contents of the section that starts at `at`. */
function openSection(bytes: Uint8Array, at: number): SectionReader {
  const id = bytes[at] as number;
  const section = SECTION_NAMES[id];
  if (section === undefined) {
    throw new WasmError("malformed", `unknown section ${id} at ${offsetToHex(at)}`, at);
  }
  const header = new SectionReader(bytes, at + 1, bytes.length, section);
  let size: number;
  try {
    size = header.u32();
  } catch (error) {
    throw locateError(error, header.place);
  }
  const start = header.position;
  if (size > bytes.length - start) {
    const fault = `its ${size} bytes do not fit the ${bytes.length - start} that are left; is the file complete?`;
    throw new WasmError("malformed", `${section} section at ${offsetToHex(at)}: ${fault}`, at);
  }
  return new SectionReader(bytes, start, start + size, section);
}

function decodeCustom(reader: SectionReader, draft: Draft): void {
  const name = reader.name();
  if (draft.customs.length === CUSTOM_SECTIONS_MAX) {
    throw new WasmError("unsupported", `more than ${CUSTOM_SECTIONS_MAX} custom sections`, reader.position);
  }
  draft.customs.push({ name, start: reader.position, end: reader.end });
  reader.position = reader.end;
}

function checkHeader(bytes: Uint8Array): void {
  const magic = [0x00, 0x61, 0x73, 0x6d];
  if (bytes.length < HEADER_BYTES || magic.some((byte, i) => bytes[i] !== byte)) {
    const hint = bytes[0] === 0x28 ? " (this looks like the text format: translate it with wat2wasm first)" : "";
    throw new WasmError("malformed", `header: expected a WebAssembly module, which starts with 00 61 73 6d${hint}`, 0);
  }
  const version = new SectionReader(bytes, 4, HEADER_BYTES, "header").u32le();
  if (version === 1) return;
  if (version >>> 16 === 1) {
    throw new WasmError("unsupported", "header: this is a component; extract its core module first", 4);
  }
  throw new WasmError("malformed", `header at 0x4: expected version 1, got ${version}`, 4);
}

function checkCounts(draft: Draft): void {
  const { declaredFunctions, bodies, dataCount, data } = draft;
  if (declaredFunctions !== bodies.length) {
    const fault = `${declaredFunctions} functions are declared, but there are ${bodies.length} bodies`;
    throw new WasmError("malformed", `code section: ${fault}`);
  }
  if (dataCount !== undefined && dataCount !== data.length) {
    const fault = `the data count section announces ${dataCount} segments, but there are ${data.length}`;
    throw new WasmError("malformed", `data section: ${fault}`);
  }
}

function makeDraft(bytes: Uint8Array): Draft {
  return {
    bytes,
    types: [],
    imports: [],
    functions: [],
    importedFunctions: 0,
    tables: [],
    importedTables: 0,
    memories: [],
    importedMemories: 0,
    globals: [],
    globalInits: [],
    importedGlobals: 0,
    tags: [],
    importedTags: 0,
    exports: [],
    start: undefined,
    elements: [],
    dataCount: undefined,
    bodies: [],
    data: [],
    customs: [],
    declaredFunctions: 0,
  };
}
