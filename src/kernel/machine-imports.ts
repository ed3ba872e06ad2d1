/**
 * The host functions behind a machine's imports, and what they return.
 * @module
 */

import type { Value } from "../image/index.ts";
import type { FunctionType } from "../wasm/index.ts";
import type { HostFunction, HostValue } from "./host.ts";
import type { MachineInit } from "./machine.ts";
import { hostToValue } from "./machine-values.ts";

/** Throws RangeError where there is none. */
export function resolveImports(init: MachineInit): { host: HostFunction; type: FunctionType }[] {
  const { module } = init.program;
  return module.imports.map((item) => {
    const host = init.imports(item.module, item.name);
    if (host === undefined || item.kind !== "func") {
      throw new RangeError(
        `import ${JSON.stringify(item.module)} ${JSON.stringify(item.name)}: there is no such function for guests`,
      );
    }
    return { host, type: module.types[item.type] as FunctionType };
  });
}

/** What a host function has returned, in the form of images. */
export function answersToValues(type: FunctionType, answer: HostValue | undefined): Value[] {
  const list: readonly unknown[] = type.results.length > 1 ? (answer as unknown as unknown[]) : [answer];
  return type.results.map((result, r) => hostToValue(result, list[r] as HostValue | undefined));
}
