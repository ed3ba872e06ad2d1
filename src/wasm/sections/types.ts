/**
 * Type section: function types.
 * @module
 */

import { WasmError } from "../errors.ts";
import { PARAMS_MAX, RESULTS_MAX, TYPES_MAX } from "../limits.ts";
import type { ValueType } from "../module.ts";
import type { Draft, SectionReader } from "./section-reader.ts";

const FUNCTION_TYPE = 0x60;
/** rec, sub, sub final, array, struct, and what stands before them in newer proposals. */
const REFUSED_FORMS = new Set([0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x5d, 0x5e, 0x5f]);

export function decodeTypes(reader: SectionReader, draft: Draft): void {
  reader.vector("type", TYPES_MAX, () => {
    const at = reader.position;
    const form = reader.u8();
    if (form !== FUNCTION_TYPE) {
      throw REFUSED_FORMS.has(form)
        ? new WasmError(
            "unsupported",
            "a structure, array or recursive type (garbage-collected types) is not supported",
            at,
          )
        : new WasmError("malformed", `unknown form of type 0x${form.toString(16)}`, at);
    }
    draft.types.push({
      params: readTypes(reader, "parameters", PARAMS_MAX),
      results: readTypes(reader, "results", RESULTS_MAX),
    });
  });
}

function readTypes(reader: SectionReader, what: string, countMax: number): ValueType[] {
  const at = reader.position;
  const count = reader.u32();
  if (count > reader.end - reader.position)
    throw new WasmError("malformed", `${count} ${what} do not fit the section`, at);
  if (count > countMax) throw new WasmError("unsupported", `${count} ${what}, at most ${countMax} are supported`, at);
  const types: ValueType[] = [];
  for (let i = 0; i < count; i++) types.push(reader.valueType());
  return types;
}
