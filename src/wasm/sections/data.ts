/**
 * Data section: where the bytes lie that memories are filled with.
 * @module
 */

import { WasmError } from "../errors.ts";
import { DATA_SEGMENTS_MAX } from "../limits.ts";
import type { DataSegment } from "../module.ts";
import type { Draft, SectionReader } from "./section-reader.ts";

const PASSIVE = 1;
const ACTIVE_WITH_MEMORY = 2;

export function decodeData(reader: SectionReader, draft: Draft): void {
  reader.vector("data segment", DATA_SEGMENTS_MAX, () => {
    draft.data.push(readSegment(reader));
  });
}

function readSegment(reader: SectionReader): DataSegment {
  const at = reader.position;
  const flags = reader.u32();
  if (flags > ACTIVE_WITH_MEMORY) throw new WasmError("malformed", `unknown flags ${flags}`, at);
  const memory = flags === ACTIVE_WITH_MEMORY ? reader.u32() : 0;
  const offset = flags === PASSIVE ? undefined : reader.constExpr();
  const length = reader.u32();
  const start = reader.skip(length);
  return { mode: flags === PASSIVE ? "passive" : "active", memory, offset, start, end: start + length };
}
