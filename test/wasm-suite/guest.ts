/**
 * One module of the suite at work: in a machine that runs whole, or in one that is interrupted wherever it can be, and goes through the
 * bytes of an image on the way.
 *
 * @module
 */
import { bytesToImage, decodeImage, encodeImage, imageToBytes } from "../../src/image/index.ts";
import { pagesAtStart } from "../../src/kernel/growth.ts";
import {
  type HostFunction,
  type Machine,
  type MachineState,
  makeMachine,
  type Program,
  type Stop,
  type Value,
} from "../../src/kernel/index.ts";
import { nodeHasher } from "../../src/node/hasher.ts";
import { treeWith } from "../support/image-states.ts";
import { WHOLE } from "../support/machine-run.ts";
import { TRAP_CODES } from "./values.ts";

export type Imports = (module: string, name: string) => HostFunction | undefined;

export type Outcome =
  | { readonly kind: "done"; readonly results: readonly Value[] }
  | { readonly kind: "trap"; readonly code: string };

export interface GuestInit {
  readonly program: Program;
  readonly imports: Imports;
  readonly interrupted: boolean;
}

/** Of one function; after these it is interrupted only. */
const THAWS_MAX = 16;
/** Of one call; after these it goes on whole, so that long loops come to their end. */
const SLICES_MAX = 2000;
/** What memory.grow is given: all that there can be. */
const PAGES_MAX = 65_536;
/** Larger memories take too long. */
const PAGES_FROZEN_MAX = 64;

export class Guest {
  thaws = 0;
  readonly #init: GuestInit;
  #machine: Machine;
  /** What is called, and how often each function was thawed. */
  #func = 0;
  readonly #thaws = new Map<number, number>();
  #slicesLeft = 0;

  /** Throws as `makeMachine` does. */
  constructor(init: GuestInit) {
    this.#init = init;
    this.#machine = this.#make(pagesAtStart(init.program.module, undefined));
  }

  call(func: number, args: readonly Value[]): Outcome {
    this.begin(func, args);
    const outcome = this.finish();
    if (outcome === undefined) throw new Error("deep: a call from outside has the engine's stack for itself");
    return outcome;
  }

  begin(func: number, args: readonly Value[]): void {
    this.#slicesLeft = this.#init.interrupted ? SLICES_MAX : 0;
    this.#func = func;
    this.#machine.start(func, args);
    this.#thaw();
  }

  /** Undefined where the engine's stack, on which the guest is that called this one, has no room: call it again when it has. */
  finish(): Outcome | undefined {
    for (;;) {
      const stop = this.#machine.run(this.#slicesLeft-- > 0 ? 1 : WHOLE);
      if (stop.kind === "deep") return undefined;
      if (stop.kind === "memory") this.#answerGrow(stop.pagesWanted);
      else if (stop.kind !== "slice" && stop.kind !== "parked") return outcomeOf(stop);
      this.#thaw();
    }
  }

  get gasUsed(): number {
    return this.#machine.gasUsed;
  }

  /** Only until the next call. */
  state(): MachineState {
    return this.#machine.freeze();
  }

  #answerGrow(pages: number): void {
    if (pages <= PAGES_MAX) this.#machine.memoryPagesMax = pages;
    else this.#machine.refuseGrow();
  }

  /** Frozen into bytes and made again from them. */
  #thaw(): void {
    const thaws = this.#thaws.get(this.#func) ?? 0;
    if (!this.#init.interrupted || thaws === THAWS_MAX || this.#machine.memoryPages > PAGES_FROZEN_MAX) return;
    this.#thaws.set(this.#func, thaws + 1);
    this.thaws++;
    const image = encodeImage(treeWith(this.#machine.freeze()), { hasher: nodeHasher });
    const bytes = imageToBytes(image);
    const tree = decodeImage(bytesToImage(bytes, { hasher: nodeHasher }), { hasher: nodeHasher });
    const pages = this.#machine.memoryPagesMax;
    this.#machine.release();
    this.#machine = this.#make(pages, tree.processes[0]?.machine ?? undefined);
  }

  #make(memoryPagesMax: number, state?: MachineState): Machine {
    const { program, imports } = this.#init;
    return makeMachine({ program, imports, memoryPagesMax, ...(state === undefined ? {} : { state }) });
  }
}

function outcomeOf(stop: Exclude<Stop, { kind: "slice" | "deep" | "parked" | "memory" }>): Outcome {
  switch (stop.kind) {
    case "done":
      return { kind: "done", results: stop.results };
    case "trap":
      return { kind: "trap", code: stop.code };
    case "exit":
      // Of a guest that this one has called (link.ts).
      return { kind: "trap", code: TRAP_CODES[stop.code] ?? `exit ${stop.code}` };
  }
}
