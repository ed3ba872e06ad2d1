/**
 * Makes a process: its guest with the imports, its machine, its c-list with the endowments, and the turns that initialise it.
 * @module
 */

import type { MachineState, Plain } from "../image/index.ts";
import { type Capability, isCapability } from "../passable/index.ts";
import type { WasmModule } from "../wasm/index.ts";
import { CAPER_MODULE, makeCaperModule, makeExportDriver } from "./caper-module.ts";
import { CAPER_FUNCTIONS, caperSignature, sameType, typeText } from "./caper-signatures.ts";
import { KernelError } from "./errors.ts";
import { pagesAtStart } from "./growth.ts";
import type { GuestKind } from "./guest.ts";
import type { HostFunction } from "./host.ts";
import type { Keeper } from "./keeper.ts";
import { CLIST_ENTRIES_PER_TREE_MAX, ENDOWMENTS_MAX } from "./limits.ts";
import { makeMachine } from "./machine.ts";
import type { Meter } from "./meter.ts";
import { exportedFunction } from "./module-names.ts";
import type { Program } from "./program.ts";
import { ProcessRecord } from "./record.ts";
import { makeServices } from "./services.ts";
import type { Tree } from "./tree.ts";

export interface RecordInit {
  readonly id: number;
  readonly tree: Tree;
  readonly parent: ProcessRecord | undefined;
  readonly kind: GuestKind;
  readonly program: Program;
  readonly meter: Meter;
  readonly keeper: Keeper | undefined;
  readonly powers: unknown;
  /** Of a thawed process or of a kind with a base; undefined for one that starts at the beginning. */
  readonly machine: MachineState | undefined;
  readonly saved: Plain | undefined;
}

/** A new process of a program, ready to run its start function. */
export function createProcess(
  init: Omit<RecordInit, "id" | "machine" | "saved">,
  endowments: readonly (readonly [name: string, capability: Capability])[],
): ProcessRecord {
  if (endowments.length > ENDOWMENTS_MAX) throw new KernelError("limit", `endowments: at most ${ENDOWMENTS_MAX}`);
  // One more for what its parent holds it by.
  if (init.tree.held.entries + endowments.length + 1 > CLIST_ENTRIES_PER_TREE_MAX)
    throw new KernelError("limit", "endowments: the c-lists of the tree have no room for them");
  for (const [name, capability] of endowments) {
    if (!isCapability(capability)) throw new TypeError(`endowments.${name}: expected a capability, with its mark`);
  }
  const base = init.kind.program === init.program ? init.kind.base : undefined;
  const record = makeRecord({ ...init, id: init.tree.takeProcessId(), machine: base?.machine, saved: base?.saved });
  for (const [name, capability] of endowments) {
    record.clist.add({ kind: "capability", capability, endowment: name });
  }
  if (base === undefined) pushStart(record);
  return record;
}

/** The record with guest and machine, as yet without a c-list. */
export function makeRecord(init: RecordInit): ProcessRecord {
  const { program, kind, meter } = init;
  const pages = pagesAtStart(program.module, init.machine);
  if (pages > meter.pagesFree) {
    throw new KernelError(
      "budget",
      `memory: the program starts with ${pages} pages of 64 KiB, the process has ${meter.pagesFree}`,
    );
  }
  const record = new ProcessRecord(init);
  try {
    const services = makeServices(record);
    const guest = kind.make({ saved: init.saved, services, powers: init.powers });
    record.guest =
      guest.driver === undefined ? { ...guest, save: () => guest.save(), driver: makeExportDriver(record) } : guest;
    const modules = { ...guest.modules, [CAPER_MODULE]: makeCaperModule(record, services) };
    assertImports(program.module, modules, kind);
    const machine = makeMachine({
      program,
      imports: (module, name) => lookUp(modules, module, name),
      memoryPagesMax: meter.pagesOwnMax,
      ...(kind.stackSlotsMax === undefined ? {} : { stackSlotsMax: kind.stackSlotsMax }),
      ...(init.machine === undefined ? {} : { state: init.machine }),
    });
    record.machine = machine;
    meter.setPagesUsed(machine.memoryPages);
    return record;
  } catch (error) {
    record.tree.processes.delete(record);
    record.parent?.children.delete(record);
    throw error;
  }
}

type ModuleTable = { readonly [module: string]: { readonly [name: string]: HostFunction } };

function lookUp(modules: ModuleTable, module: string, name: string): HostFunction | undefined {
  const functions = Object.hasOwn(modules, module) ? modules[module] : undefined;
  return functions !== undefined && Object.hasOwn(functions, name) ? functions[name] : undefined;
}

/** The only imports are those that kernel and kind provide; everything else is refused by name before it runs. */
function assertImports(module: WasmModule, modules: ModuleTable, kind: GuestKind): void {
  for (const item of module.imports) {
    const name = `${item.module}.${item.name}`;
    if (item.kind !== "func")
      throw new KernelError("unknown-import", `import ${name}: a ${item.kind} cannot be imported, only functions`);
    if (lookUp(modules, item.module, item.name) === undefined) {
      const provided = Object.keys(modules).join(", ");
      const hint =
        item.module === CAPER_MODULE
          ? `caper has ${CAPER_FUNCTIONS.join(", ")}`
          : `guests of kind ${kind.name} may import from ${provided}`;
      throw new KernelError("unknown-import", `import ${name}: not provided; ${hint}`);
    }
    const wanted =
      item.module === CAPER_MODULE ? caperSignature(item.name) : kind.signatureOf?.(item.module, item.name);
    const type = module.types[item.type];
    if (wanted !== undefined && (type === undefined || !sameType(wanted, type))) {
      throw new KernelError("unknown-import", `import ${name}: expected the type ${typeText(wanted)}`);
    }
  }
}

/** The start function and a reactor's `_initialize` run as the first turns: they cost gas like everything else. */
function pushStart(record: ProcessRecord): void {
  const module = record.program.module;
  if (module.start !== undefined) record.push({ kind: "start", func: module.start });
  const initialize = exportedFunction(module, "_initialize");
  const type = initialize === undefined ? undefined : module.types[module.functions[initialize] as number];
  if (initialize !== undefined && type?.params.length === 0 && type.results.length === 0) {
    record.push({ kind: "start", func: initialize });
  }
}
