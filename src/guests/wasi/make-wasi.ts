/**
 * Puts the functions together into a host module.
 *
 * @module
 */
import type { HostFunction, HostModule } from "../../kernel/index.ts";
import { powerErrorCode } from "../../powers/index.ts";
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
import { decodeSaved, encodeSaved, SavedStateError } from "./saved.ts";

const definitions: { readonly [name: string]: WasiDefinition } = {
  ...processFunctions,
  ...socketFunctions,
  ...descriptorFunctions,
  ...contentFunctions,
  ...readdirFunctions,
  ...pathFunctions,
  ...pollFunctions,
};

function makeProcess(init: WasiInit): WasiProcess {
  if (init.saved === undefined) return new WasiProcess(init, undefined);
  const saved = decodeSaved(init.saved);
  try {
    return new WasiProcess(init, saved);
  } catch (error) {
    // Folders in memory check their own part of the state.
    if (powerErrorCode(error) === undefined) throw error;
    throw new SavedStateError("folders that a process saved", { cause: error });
  }
}

/**
 * The functions of one process. Throws `SavedStateError` if `saved` is not what a process saved. It disposes of no power:
 * who gave them takes them back.
 */
export function makeWasi(init: WasiInit = {}): HostModule {
  const process = makeProcess(init);
  const functions: { [name: string]: HostFunction } = {};
  for (const [name, definition] of Object.entries(definitions)) functions[name] = toHostFunction(definition, process);
  return Object.freeze({
    functions: Object.freeze(functions),
    save: () => encodeSaved(process.save()),
  });
}
