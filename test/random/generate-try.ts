/**
 * Generated exception handling.
 * @module
 */

import type { FunctionGenerator } from "./generate-function.ts";
import type { Letter } from "./module-writer.ts";

/** block $out { block $handler { try_table (catch … $handler) { … } br $out } … } */
export function attempt(to: FunctionGenerator): undefined {
  const { code, random, shape } = to;
  const tag = random.below(shape.tags.length);
  const all = random.chance(0.4);
  const withReference = random.chance(0.4);
  const caught: Letter[] = [
    ...(all ? [] : (shape.tags[tag]?.params ?? [])),
    ...(withReference ? (["e"] as const) : []),
  ];
  const results = to.blockParams();
  to.open("block", { params: [], results });
  to.open("block", { params: [], results: caught });
  code.byte(0x1f);
  code.blockType({ params: [], results }, shape.types);
  code.u32(1).byte((all ? 2 : 0) + (withReference ? 1 : 0));
  if (!all) code.u32(tag);
  code.u32(0);
  to.labels.push({ types: results, loop: false });
  to.inside({ params: [], results });
  if (random.chance(0.5)) to.divergeIf();
  to.close();
  code.byte(0x0c, 1);
  to.close();
  if (withReference) {
    if (random.chance(0.3)) code.byte(0x0a);
    else code.byte(0x1a);
  }
  to.dropAll(caught.filter((letter) => letter !== "e"));
  to.operands(results);
  to.close();
  to.dropAll(results);
}
