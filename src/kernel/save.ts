/**
 * Freeze: a process and its descendants as data. References within the tree are saved exactly; what leads out of it is saved as
 * a name (a locator of the host, or the name of the endowment), never as authority.
 * @module
 */

import type { Hasher, Image, ModuleState, Plain, ProcessState, TreeState } from "../image/index.ts";
import { encodeImage, moduleCid } from "../image/index.ts";
import type { Answer, Capability, Message } from "../passable/index.ts";
import { rewriting } from "../wasm/index.ts";
import type { ClistEntry } from "./clist.ts";
import type { GuestMessage } from "./guest.ts";
import { HeldMap } from "./held-map.ts";
import type { Program } from "./program.ts";
import { PromiseCell } from "./promise-cell.ts";
import type { ProcessRecord } from "./record.ts";
import { ExportReference } from "./reference.ts";
import type { Turn } from "./turn.ts";

const cids = new WeakMap<Program, string>();

/** The content identifier of a program's original module. */
export function programCid(program: Program, hasher: Hasher | undefined): string {
  let cid = cids.get(program);
  if (cid === undefined) {
    cid = moduleCid(program.module.bytes, hasher);
    cids.set(program, cid);
  }
  return cid;
}

export interface SaveOptions {
  readonly hasher: Hasher | undefined;
  /** false: memories in the result are views on what runs on, so use it before the tree takes another step. */
  readonly copy: boolean;
}

export function saveTree(root: ProcessRecord, options: SaveOptions): TreeState {
  return new TreeSaver(root, options).save();
}

class TreeSaver {
  readonly #hasher: Hasher | undefined;
  readonly #copy: boolean;
  readonly #root: ProcessRecord;
  readonly #processes = new Map<ProcessRecord, number>();
  readonly #cells = new Map<PromiseCell, number>();
  readonly #modules = new Map<Program, number>();
  readonly #images: Image[] = [];
  /** By what name a capability of the host was endowed, and to which process. */
  readonly #endowments = new HeldMap<Plain>();

  constructor(root: ProcessRecord, options: SaveOptions) {
    this.#root = root;
    this.#hasher = options.hasher;
    this.#copy = options.copy;
    this.#collect(root);
  }

  save(): TreeState {
    const processes = [...this.#processes.keys()].map((process) => this.#process(process));
    const tree = this.#root.tree;
    const queue = tree.queue.flatMap((process) => this.#processes.get(process) ?? []);
    for (const cell of this.#dropped()) this.#cellIndex(cell);
    // A cell's answer may name further cells: the map grows while it is walked, and a Map is made for that.
    const cells: Plain[] = [];
    const promised: Plain[] = [];
    for (const cell of this.#cells.keys()) {
      cells.push(this.#cell(cell));
      promised.push(...this.#queue(cell));
    }
    return {
      rewriter: rewriting.REWRITER_VERSION,
      gasSchedule: rewriting.GAS_SCHEDULE_VERSION,
      modules: [...this.#modules.keys()].map((program) => this.#module(program)),
      images: this.#images,
      processes,
      kernel: { counters: { ...tree.counters }, queue, cells, ...(promised.length > 0 ? { promised } : {}) },
    };
  }

  #collect(process: ProcessRecord): void {
    const index = this.#processes.size;
    this.#processes.set(process, index);
    for (const [, entry] of process.clist.sortedEntries()) {
      if (
        entry.kind !== "capability" ||
        entry.endowment === undefined ||
        this.#endowments.get(entry.capability) !== undefined
      )
        continue;
      this.#endowments.set(entry.capability, { endowment: entry.endowment, process: index });
    }
    for (const child of process.children) this.#collect(child);
  }

  #process(process: ProcessRecord): ProcessState {
    const { machine, guest } = process;
    if (machine === undefined || guest === undefined) throw new Error("save: the process is gone");
    const parent =
      process === this.#root || process.parent === undefined ? -1 : (this.#processes.get(process.parent) ?? -1);
    const clist: Plain[] = [];
    for (const [position, entry] of process.clist.sortedEntries()) {
      while (clist.length <= position) clist.push(null);
      clist[position] = this.#entry(entry);
    }
    const stop = process.stop;
    return {
      parent,
      module: this.#moduleIndex(process.program),
      guest: { kind: process.kind.name, state: guest.save() },
      machine: machine.freeze({ copy: this.#copy }),
      meter: { ...process.meter.save() },
      status:
        process.state === "stopped" || process.state === "ended"
          ? { state: process.state, stop: stop ?? { kind: "paused" } }
          : { state: process.state },
      clist,
      mailbox: process.mailbox.map((turn) => this.#turn(turn)),
      kernel: {
        id: process.id,
        told: process.told,
        turn: process.turns[0] === undefined ? null : this.#turn(process.turns[0]),
        ...(process.turns.length > 1 ? { nested: process.turns.slice(1).map((turn) => this.#turn(turn)) } : {}),
        inbox: process.inbox === undefined ? null : saveGuestMessage(process.inbox),
      },
    };
  }

  #entry(entry: ClistEntry): Plain {
    switch (entry.kind) {
      case "capability":
        return { kind: "capability", ...this.#capability(entry.capability), endowment: entry.endowment ?? null };
      case "promise":
        return { kind: "promise", cell: this.#cellIndex(entry.cell), listening: entry.listening };
      case "resolver":
        return { kind: "resolver", cell: this.#cellIndex(entry.cell) };
      case "child": {
        const index = this.#processes.get(entry.process);
        return { kind: "child", process: index ?? -1, listening: entry.listening };
      }
      case "source": {
        const { source } = entry;
        if (source.form === "program") {
          return { kind: "program", program: this.#moduleIndex(source.program), guest: source.kind.name };
        }
        const image = this.#images.push(encodeImage(source.tree, this.#hasher && { hasher: this.#hasher })) - 1;
        return { kind: "image", image };
      }
      default:
        return entry satisfies never;
    }
  }

  #capability(capability: Capability): { readonly [key: string]: Plain } {
    if (capability instanceof PromiseCell && capability.home.tree === this.#root.tree)
      return { to: "promise", cell: this.#cellIndex(capability) };
    const reference = ExportReference.resolve(capability);
    const process = reference && this.#processes.get(reference.process);
    if (reference !== undefined && process !== undefined) return { to: "export", process, target: reference.target };
    const locator = capability.locator ?? this.#endowments.get(capability);
    return locator === undefined ? { to: "lost" } : { to: "outside", locator };
  }

  #turn(turn: Turn): Plain {
    switch (turn.kind) {
      case "start":
        return { kind: "start", func: turn.func };
      case "invoke":
        return { kind: "invoke", func: turn.func, args: turn.args, cell: this.#cellIndex(turn.cell) };
      case "direct":
        return { kind: "direct", payload: turn.payload };
      case "deliver":
        return {
          kind: "deliver",
          target: turn.target,
          message: this.#message(turn.message),
          cell: this.#cellIndex(turn.cell),
        };
      case "settle":
        return {
          kind: "settle",
          position: turn.position,
          cell: this.#cellIndex(turn.promise),
          answer: this.#answer(turn.answer),
        };
      case "child":
        return {
          kind: "child",
          position: turn.position,
          process: this.#processes.get(turn.child) ?? -1,
          stop: turn.stop,
        };
      default:
        return turn satisfies never;
    }
  }

  #message(message: Message): Plain {
    return { bytes: message.bytes, capabilities: message.capabilities.map((held) => this.#capability(held)) };
  }

  #answer(answer: Answer): Plain {
    if (answer.status === "broken") return { status: "broken", code: answer.code, reason: answer.reason };
    return { status: answer.status, message: this.#message(answer.message) };
  }

  /** -1 where there is none. */
  #cellIndex(cell: PromiseCell | undefined): number {
    if (cell === undefined) return -1;
    const present = this.#cells.get(cell);
    if (present !== undefined) return present;
    const index = this.#cells.size;
    this.#cells.set(cell, index);
    return index;
  }

  #cell(cell: PromiseCell): Plain {
    const { outstanding, after, answer } = cell;
    if (after !== undefined) this.#cellIndex(after);
    const answerer = after === undefined ? cell.answerer : undefined;
    return {
      answer: answer === undefined ? null : this.#answer(answer),
      answerer: this.#processIndex(answerer),
      call:
        outstanding === undefined
          ? null
          : {
              callId: outstanding.callId,
              sender: Math.max(0, this.#processIndex(outstanding.sender)),
              ...this.#capability(outstanding.capability),
            },
    };
  }

  /** Messages that wait for a promise; those of processes that are not saved are nothing to this image. */
  #queue(promise: PromiseCell): Plain[] {
    return promise.queue.flatMap(({ sender, message, cell }) => {
      const process = this.#processIndex(sender);
      if (process < 0) return [];
      return [
        {
          promise: this.#cellIndex(promise),
          sender: process,
          message: this.#message(message),
          cell: this.#cellIndex(cell),
        },
      ];
    });
  }

  /** Promises that only a call outside still knows, and for which messages wait. */
  #dropped(): readonly PromiseCell[] {
    const waited = [...this.#root.tree.outstanding].filter((cell) => cell.queue.length > 0);
    const callId = (cell: PromiseCell): number => cell.outstanding?.callId ?? 0;
    return waited.sort((left, right) => callId(left) - callId(right));
  }

  /** -1 where there is none. */
  #processIndex(process: ProcessRecord | undefined): number {
    return (process && this.#processes.get(process)) ?? -1;
  }

  #moduleIndex(program: Program): number {
    const present = this.#modules.get(program);
    if (present !== undefined) return present;
    const index = this.#modules.size;
    this.#modules.set(program, index);
    return index;
  }

  #module(program: Program): ModuleState {
    return { cid: programCid(program, this.#hasher), bytes: program.module.bytes };
  }
}

function saveGuestMessage(message: GuestMessage): Plain {
  return { bytes: message.bytes, capabilities: message.capabilities };
}
