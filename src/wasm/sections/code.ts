/**
 * Code section: where the bodies are and what locals they declare. Instructions are left to the validator.
 * @module
 */

import { WasmError } from "../errors.ts";
import { BODY_BYTES_MAX, FUNCTIONS_MAX, LOCALS_MAX } from "../limits.ts";
import type { FunctionBody, LocalRun } from "../module.ts";
import type { Draft, SectionReader } from "./section-reader.ts";

/** More locals than can be counted are malformed rather than too many for us (specification, section 5.5.13). */
const LOCALS_COUNTABLE = 2 ** 32 - 1;

export function decodeCode(reader: SectionReader, draft: Draft): void {
  reader.vector(
    "function",
    FUNCTIONS_MAX,
    (func) => {
      draft.bodies.push(readBody(reader, draft, func));
    },
    draft.importedFunctions,
  );
}

function readBody(reader: SectionReader, draft: Draft, func: number): FunctionBody {
  const at = reader.position;
  const size = reader.u32();
  const start = reader.position;
  const end = start + size;
  if (end > reader.end) throw new WasmError("malformed", `its ${size} bytes do not fit the section`, at);
  if (size > BODY_BYTES_MAX) throw new WasmError("unsupported", `it is larger than ${BODY_BYTES_MAX} bytes`, at);
  const params = draft.types[draft.functions[func] ?? 0]?.params.length ?? 0;
  const locals = readLocals(reader, params);
  const codeStart = reader.position;
  if (codeStart >= end) throw new WasmError("malformed", "the body ends before its first instruction", end);
  reader.position = end;
  return { start, codeStart, end, locals };
}

function readLocals(reader: SectionReader, params: number): LocalRun[] {
  const at = reader.position;
  const runs = reader.u32();
  const locals: LocalRun[] = [];
  let total = params;
  for (let i = 0; i < runs; i++) {
    const count = reader.u32();
    total += count;
    if (total > LOCALS_COUNTABLE) throw new WasmError("malformed", "too many locals", at);
    locals.push({ count, type: reader.valueType() });
  }
  if (total > LOCALS_MAX) {
    throw new WasmError("unsupported", `${total} locals, at most ${LOCALS_MAX} are supported`, at);
  }
  return locals;
}
