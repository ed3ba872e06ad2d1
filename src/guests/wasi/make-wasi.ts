/**
 * Puts the functions together into a host module.
 *
 * @module
 */
import type { HostFunction, HostModule } from "../../kernel/index.ts";
import type { WasiDefinition } from "./call.ts";
import { toHostFunction } from "./call.ts";
import { contentFunctions } from "./functions-content.ts";
import { descriptorFunctions } from "./functions-descriptor.ts";
import { pathFunctions } from "./functions-path.ts";
import { pollFunctions } from "./functions-poll.ts";
import { processFunctions, socketFunctions } from "./functions-process.ts";
import { readdirFunctions } from "./functions-readdir.ts";
import type { WasiInit } from "./process.ts";
import { WasiProcess } from "./process.ts";
import { decodeSaved, encodeSaved } from "./saved.ts";

const definitions: { readonly [name: string]: WasiDefinition } = {
  ...processFunctions,
  ...socketFunctions,
  ...descriptorFunctions,
  ...contentFunctions,
  ...readdirFunctions,
  ...pathFunctions,
  ...pollFunctions,
};

/**
 * The functions of one process. Throws `SavedStateError` if `saved` is not what a process saved. It disposes of no power:
 * who gave them takes them back.
 */
export function makeWasi(init: WasiInit = {}): HostModule {
  const process = new WasiProcess(init, init.saved === undefined ? undefined : decodeSaved(init.saved));
  const functions: { [name: string]: HostFunction } = {};
  for (const [name, definition] of Object.entries(definitions)) functions[name] = toHostFunction(definition, process);
  return Object.freeze({
    functions: Object.freeze(functions),
    save: () => encodeSaved(process.save()),
  });
}
