/**
 * What a process may do with children of its own: spawn, refill, resume, inspect, freeze. It is their keeper.
 * @module
 */

import type { Plain } from "../image/index.ts";
import type { Capability } from "../passable/index.ts";
import { WasmError } from "../wasm/index.ts";
import { lendBudget, refillBudget, syncPages } from "./accounts.ts";
import { KernelError } from "./errors.ts";
import { capabilityAt } from "./events.ts";
import type { GuestServices, SpawnRequest } from "./guest.ts";
import { ServiceError } from "./guest.ts";
import { inspectionGas, inspectProcess } from "./inspect.ts";
import { discardProcess, resumeProcess } from "./keeper.ts";
import {
  CHILDREN_PER_PROCESS_MAX,
  ENDOWMENTS_MAX,
  NESTING_DEPTH_MAX,
  PAGE_BYTES,
  PAGES_PER_PROGRAM_PAGE,
  PEEK_BYTES_MAX,
} from "./limits.ts";
import type { Budget, Meter } from "./meter.ts";
import { exportedFunction } from "./module-names.ts";
import { copyGas, GAS_PER_CAPABILITY, GAS_PER_FROZEN_PAGE, GAS_PER_PROGRAM_BYTE, messageGas } from "./prices.ts";
import { PromiseCell } from "./promise-cell.ts";
import type { ProcessRecord } from "./record.ts";
import type { Source } from "./source.ts";
import { treePages } from "./source.ts";
import { freezeGas, spawnGas } from "./source-price.ts";
import { bitsToValue } from "./values.ts";

type ChildServices = Pick<
  GuestServices,
  "load" | "spawn" | "invoke" | "refill" | "resume" | "freeze" | "stopOf" | "inspect" | "peek" | "meter"
>;

export function childServices(process: ProcessRecord): ChildServices {
  return {
    load: (bytes) => load(process, bytes),
    spawn: (request) => spawn(process, request),
    invoke(position, name, args) {
      process.charge(messageGas(args.length * 8, 0));
      return withChild(process, position, (child) => invoke(process, child, name, args));
    },
    refill: (position, budget) => withChild(process, position, (child) => refill(child, budget)),
    resume: (position, options) =>
      withChild(process, position, (child) => {
        if (child.state !== "stopped") return ServiceError.state;
        resumeProcess(child, options);
        return 0;
      }),
    freeze: (position) => withChild(process, position, (child) => freeze(process, position, child)),
    stopOf: (position) => withChild(process, position, (child) => child.stop),
    inspect: (position) => withChild<Plain>(process, position, (child) => inspect(process, child)),
    peek: (position, address, length) => withChild(process, position, (child) => peek(process, child, address, length)),
    meter: (position) => {
      if (position !== 0) return withChild(process, position, (child) => child.meter.reading);
      const reading = process.meter.reading;
      const running = process.gasRunning;
      return { ...reading, gasUsed: reading.gasUsed + running, gasLeft: reading.gasLeft - running };
    },
  };
}

function withChild<T>(process: ProcessRecord, position: number, use: (child: ProcessRecord) => T): T | number {
  const entry = process.clist.get(position);
  if (entry === undefined) return ServiceError.noEntry;
  return entry.kind === "child" ? use(entry.process) : ServiceError.wrongKind;
}

function load(process: ProcessRecord, bytes: Uint8Array): number {
  process.charge(bytes.length * GAS_PER_PROGRAM_BYTE);
  const pages = programPages(bytes.length);
  if (!process.clist.hasRoom(1)) return ServiceError.limit;
  syncPages(process);
  if (!process.meter.hold(pages)) return ServiceError.budget;
  syncPages(process);
  const source = loadSource(process, bytes);
  if (source === undefined) {
    process.meter.unhold(pages);
    syncPages(process);
    return ServiceError.program;
  }
  return process.clist.add({ kind: "source", source, pages }) as number;
}

/** What keeping a program of so many bytes costs. */
export function programPages(byteLength: number): number {
  return Math.ceil(byteLength / PAGE_BYTES) * PAGES_PER_PROGRAM_PAGE;
}

function loadSource(process: ProcessRecord, bytes: Uint8Array): Source | undefined {
  try {
    const program = process.tree.core.load(bytes);
    const kind = process.tree.core.kindOf(program);
    return kind === undefined ? undefined : { form: "program", kind, program };
  } catch (error) {
    if (error instanceof WasmError) return undefined;
    throw error;
  }
}

function sourceAt(process: ProcessRecord, position: number): Source | number {
  if (position === 0) return { form: "program", kind: process.kind, program: process.program };
  const entry = process.clist.get(position);
  if (entry === undefined) return ServiceError.noEntry;
  return entry.kind === "source" ? entry.source : ServiceError.wrongKind;
}

function spawn(process: ProcessRecord, request: SpawnRequest): number {
  const tree = process.tree;
  process.charge(request.endowments.length * GAS_PER_CAPABILITY);
  const source = sourceAt(process, request.source);
  if (typeof source === "number") return source;
  if (!hasRoomForChild(process) || !process.clist.hasRoom(1)) return ServiceError.limit;
  const endowments: [string, Capability][] = [];
  for (const [name, number] of request.endowments) {
    const capability = capabilityAt(process, number);
    if (typeof capability === "number") return capability;
    if (endowments.length === ENDOWMENTS_MAX) return ServiceError.limit;
    endowments.push([name, capability]);
  }
  let meter: Meter | undefined;
  try {
    process.charge(spawnGas(tree.core, source));
    meter = lendBudget(process, { gas: request.gas, pages: request.pages });
    if (meter === undefined) return ServiceError.budget;
    const child = tree.core.create({ tree, parent: process, source, meter, endowments });
    return process.clist.add({ kind: "child", process: child, listening: false }) as number;
  } catch (error) {
    meter?.release();
    if (error instanceof WasmError) return ServiceError.program;
    if (!(error instanceof KernelError)) throw error;
    return error.code === "budget" ? ServiceError.budget : ServiceError.program;
  } finally {
    syncPages(process);
  }
}

/** Within the limits on children, depth and processes? */
export function hasRoomForChild(process: ProcessRecord): boolean {
  return process.children.size < CHILDREN_PER_PROCESS_MAX && process.depth < NESTING_DEPTH_MAX && process.tree.hasRoom;
}

function invoke(process: ProcessRecord, child: ProcessRecord, name: string, args: readonly bigint[]): number {
  const module = child.program.module;
  const func = exportedFunction(module, name);
  if (func === undefined) return ServiceError.export;
  const params = module.types[module.functions[func] as number]?.params ?? [];
  if (params.length !== args.length) return ServiceError.export;
  const values = params.map((type, index) => bitsToValue(type, args[index] as bigint));
  if (!values.every((value) => value !== undefined)) return ServiceError.export;
  if (!process.clist.hasRoom(1)) return ServiceError.limit;
  const cell = new PromiseCell(process);
  cell.owner = process;
  child.push({ kind: "invoke", func, args: values, cell });
  return process.clist.add({ kind: "promise", cell, listening: false }) as number;
}

function refill(child: ProcessRecord, budget: Budget): number {
  if (child.isEnded) return ServiceError.state;
  return refillBudget(child, budget) ? 0 : ServiceError.budget;
}

/** The child with its own children becomes an image; its gas comes back, its pages stay with the image until it is dropped. */
function freeze(process: ProcessRecord, position: number, child: ProcessRecord): number {
  if (child.isEnded) return ServiceError.state;
  process.charge(freezeGas(child));
  if (isOnStack(child)) return ServiceError.state;
  const tree = process.tree.core.save(child);
  const pages = treePages(tree);
  process.charge(pages * GAS_PER_FROZEN_PAGE);
  syncPages(process);
  // What waits for a process takes room in its image, which may need more than the process gives back.
  if (pages > process.meter.pagesFree + child.meter.pagesMax) return ServiceError.budget;
  process.clist.drop(position);
  discardProcess(child);
  process.meter.hold(pages);
  syncPages(process);
  return process.clist.add({ kind: "source", source: { form: "image", tree }, pages }) as number;
}

/** A host function that one of them has called has not returned: their stack is not data now. */
function isOnStack(process: ProcessRecord): boolean {
  return (process.machine?.nativeCalls ?? 0) > 0 || [...process.children].some(isOnStack);
}

function inspect(process: ProcessRecord, child: ProcessRecord): Plain {
  const inspection = inspectProcess(child);
  process.charge(inspectionGas(inspection));
  return inspection;
}

/** A view on the child's memory, valid until anything runs. */
function peek(process: ProcessRecord, child: ProcessRecord, address: number, length: number): Uint8Array | number {
  if (length > PEEK_BYTES_MAX) return ServiceError.limit;
  const memory = child.machine?.memory();
  if (memory === undefined || address < 0 || length < 0 || address + length > memory.length)
    return ServiceError.pointer;
  process.charge(copyGas(length));
  return memory.subarray(address, address + length);
}
