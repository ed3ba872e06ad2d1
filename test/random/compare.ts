/**
 * The judge: runs one module in the oracle and rewritten in a machine, slice by slice, and demands that they agree in everything
 * that is observable: results, traps, memory, globals, tables, gas at every stop, calls of imported functions. On
 * the way the machine is frozen and thawed into a new one.
 * @module
 */

import {
  type Machine,
  type MachineState,
  makeMachine,
  makeProgram,
  type Program,
  type Stop,
} from "../../src/kernel/index.ts";
import { FUNCREF, type FunctionType, type WasmModule } from "../../src/wasm/index.ts";
import { type CallResult, interpret, type Oracle } from "../oracle/index.ts";
import { type HostSide, importTypes, machineHost, makeHostSide, oracleHost } from "./host.ts";
import { Random } from "./random.ts";
import { machineToOracle, oracleToMachine, randomValue, show } from "./values.ts";

export interface CompareOptions {
  /** Draws arguments, slices and interruptions. */
  readonly seed: number;
  /** Granted in slices to all calls of one module together; what does not end by then is compared as it is and left. */
  readonly gasMax?: number;
  readonly slicesMax?: number;
  readonly thawsMax?: number;
  /** Default: drawn too, often so small that recursion meets it. */
  readonly stackSlotsMax?: number;
}

export type Verdict =
  | {
      readonly kind: "same";
      readonly calls: number;
      readonly slices: number;
      readonly thaws: number;
      readonly gas: number;
    }
  /** The module needs what is refused at load. */
  | { readonly kind: "refused"; readonly reason: string };

/** Oracle and machine disagree. */
export class Mismatch extends Error {
  override readonly name = "Mismatch";
}

const GAS_MAX = 400_000;
const SLICES_MAX = 400;
const THAWS_MAX = 12;
const MEMORY_PAGES_MORE = 40;
/** Enough for most calls, and soon over for one that never ends. */
const SLICE_WHOLE = 200_000;
const CALLS_PER_EXPORT = 2;
const STACK_LIMITS: readonly (number | undefined)[] = [undefined, undefined, 150, 1000];

export function compare(bytes: Uint8Array, options: CompareOptions): Verdict {
  let program: Program;
  try {
    program = makeProgram({ bytes });
  } catch (error) {
    const invalid = !WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>);
    const ours = error instanceof Error && error.message.includes("engine refuses") && !invalid;
    if (error instanceof Error && "code" in error && (error.code === "unsupported" || invalid) && !ours) {
      return { kind: "refused", reason: error.message };
    }
    throw error;
  }
  const strange = [...importTypes(program.module)].find(([, type]) => !isHostType(type));
  if (strange !== undefined)
    return { kind: "refused", reason: `import ${strange[0]} has types that host functions have not` };
  return new Comparison(program, options).run();
}

/** Host functions know numbers only, and give at most one. */
function isHostType({ params, results }: FunctionType): boolean {
  return [...params, ...results].every((type) => type >= 0x7c) && results.length <= 1;
}

class Comparison {
  readonly #program: Program;
  readonly #module: WasmModule;
  readonly #options: CompareOptions;
  readonly #oracleSide: HostSide;
  #machineSide: HostSide;
  readonly #oracle: Oracle;
  #made: Machine | undefined;
  readonly #slice: (n: number) => number;
  readonly #interruptions: Random;
  readonly #arguments: Random;
  readonly #freezing: number;
  #slices = 0;
  #oracleSlices = 0;
  #thaws = 0;
  #granted = 0;
  #calls = 0;
  #memoryPagesMax: number;
  readonly #stackSlotsMax: number | undefined;

  constructor(program: Program, options: CompareOptions) {
    const random = new Random(options.seed);
    this.#program = program;
    this.#module = program.module;
    this.#options = options;
    this.#arguments = random.fork();
    this.#interruptions = random.fork();
    this.#slice = slicePlan(random.fork());
    this.#freezing = random.pick([0, 0.05, 0.3, 1]);
    const host = { seed: random.u32(), parks: random.chance(0.5) };
    this.#oracleSide = makeHostSide(host);
    this.#machineSide = makeHostSide(host);
    this.#stackSlotsMax = options.stackSlotsMax ?? STACK_LIMITS[random.below(STACK_LIMITS.length)];
    this.#memoryPagesMax = this.#module.memories.reduce((sum, { min }) => sum + min, 0) + random.below(4);
    this.#oracle = this.#makeOracle();
  }

  get #machine(): Machine {
    return this.#made ?? fail("no machine yet");
  }

  run(): Verdict {
    const began = this.#oracle.begin(this.#slice(0));
    try {
      this.#made = this.#makeMachine();
    } catch (error) {
      return this.#notMade(error, began);
    }
    if (this.#module.start !== undefined) {
      this.#machine.start(this.#module.start, []);
      if (!this.#finish("start", began) || began.kind === "trap") return this.#verdict();
    }
    for (let round = 0; round < CALLS_PER_EXPORT; round++) {
      for (const item of this.#module.exports) {
        if (item.kind === "func" && !this.#call(item.name, item.index)) return this.#verdict();
      }
    }
    return this.#verdict();
  }

  /** A segment that does not fit is a refusal of the machine and a trap of the oracle. */
  #notMade(error: unknown, began: CallResult): Verdict {
    const invalid = error instanceof Error && "code" in error && error.code === "invalid";
    if (!invalid && !(error instanceof RangeError)) throw error;
    if (invalid && (began.kind !== "trap" || began.gasUsed !== 0)) {
      throw new Mismatch(`instantiation: the oracle came to ${began.kind}, the machine to: ${error.message}`);
    }
    return { kind: "refused", reason: error.message };
  }

  /** False when the module has used all that it may. */
  #call(name: string, index: number): boolean {
    const type = this.#module.types[this.#module.functions[index] ?? -1];
    if (type === undefined) throw new RangeError(`export ${name}: no function ${index}`);
    this.#calls++;
    const args = type.params.map((param) => randomValue(this.#arguments, param, this.#module.functions.length));
    const where = `call ${this.#calls} ${name}(${args.map(show).join(", ")})`;
    this.#machine.start(index, args);
    this.#oracleSlices = this.#slices;
    const first = this.#oracle.call(
      index,
      args.map((value, i) => machineToOracle(type.params[i] ?? 0, value, this.#oracle.instance)),
      this.#slice(this.#oracleSlices),
    );
    return this.#finish(where, first, type);
  }

  /** Runs both to the end of the call. `expected` is what the oracle did in its first slice. */
  #finish(where: string, expected: CallResult, type: FunctionType = { params: [], results: [] }): boolean {
    for (let oracle = expected; ; oracle = this.#oracle.resume(this.#slice(this.#oracleSlices))) {
      const stop = this.#runMachine(where);
      const at = `${where}, slice ${this.#slices}`;
      this.#assertEqual(`${at}: how it stopped`, showOracle(oracle, type, this.#oracle), showStop(stop));
      this.#assertEqual(`${at}: gas used (${oracle.kind})`, oracle.gasUsed, this.#machine.gasUsed);
      this.#assertEqual(`${at}: calls of the host`, this.#records(this.#oracleSide), this.#records(this.#machineSide));
      if (oracle.kind === "done" || oracle.kind === "trap") {
        this.#compareState(at);
        return true;
      }
      this.#slices++;
      this.#oracleSlices = this.#slices;
      if (oracle.kind === "memory") {
        if (oracle.pagesWanted > this.#memoryPagesMax + MEMORY_PAGES_MORE) return false;
        this.#memoryPagesMax = oracle.pagesWanted;
        this.#oracle.thread.memoryPagesMax = this.#memoryPagesMax;
        this.#machine.memoryPagesMax = this.#memoryPagesMax;
      }
      this.#granted += this.#slice(this.#slices);
      const { gasMax = GAS_MAX, slicesMax = SLICES_MAX } = this.#options;
      if (this.#granted > gasMax || this.#slices > slicesMax) {
        this.#compareState(at);
        return false;
      }
      this.#maybeThaw(at);
    }
  }

  /** A parked machine is thawed or not, and run again with a new slice. */
  #runMachine(where: string): Stop {
    let stop = this.#machine.run(this.#slice(this.#slices));
    while (stop.kind === "parked") {
      this.#slices++;
      this.#maybeThaw(`${where}, parked`);
      stop = this.#machine.run(this.#slice(this.#slices));
    }
    return stop;
  }

  #maybeThaw(where: string): void {
    if (this.#thaws >= (this.#options.thawsMax ?? THAWS_MAX) || !this.#interruptions.chance(this.#freezing)) return;
    this.#thaws++;
    const gasUsed = this.#machine.gasUsed;
    const state = this.#machine.freeze({ copy: true });
    this.#machineSide = { ...this.#machineSide };
    this.#made = this.#makeMachine(structuredClone(state));
    this.#assertEqual(`${where}: gas used after a thaw`, gasUsed, this.#machine.gasUsed);
    this.#assertEqual(`${where}: frozen again`, show(flat(state)), show(flat(this.#machine.freeze())));
  }

  #compareState(where: string): void {
    const state = this.#machine.freeze();
    const { instance } = this.#oracle;
    instance.memories.forEach((memory, i) => {
      const bytes = state.memories[i]?.bytes ?? new Uint8Array();
      this.#assertEqual(`${where}: size of memory ${i}`, memory.bytes.length, bytes.length);
      if (Buffer.compare(memory.bytes, bytes) === 0) return;
      const differs = memory.bytes.findIndex((byte, at) => byte !== bytes[at]);
      this.#assertEqual(`${where}: memory ${i} at ${differs}`, memory.bytes[differs], bytes[differs]);
    });
    const globals = instance.globals.map((global, i) =>
      oracleToMachine(this.#module.globals[i]?.type ?? 0, global.value, instance),
    );
    this.#assertEqual(`${where}: globals`, show(globals), show(state.globals));
    const tables = instance.tables.map((table) =>
      table.elements.map((value) => oracleToMachine(FUNCREF, value, instance)),
    );
    this.#assertEqual(`${where}: tables`, show(tables), show(state.tables));
  }

  #makeOracle(): Oracle {
    const types = importTypes(this.#module);
    let oracle: Oracle | undefined;
    const imports = (module: string, name: string): ReturnType<typeof oracleHost> | undefined => {
      const type = types.get(`${module}.${name}`);
      if (type === undefined) return undefined;
      const meter = (): Oracle["thread"]["meter"] => (oracle ?? fail("called before it was made")).thread.meter;
      return oracleHost(this.#oracleSide, {
        type,
        name,
        gasUsed: () => meter().used,
        newSlice: () => {
          this.#oracleSlices++;
          meter().left = this.#slice(this.#oracleSlices);
        },
      });
    };
    const limits = { memoryPagesMax: this.#memoryPagesMax, ...this.#stackLimit() };
    oracle = interpret(this.#module, { imports, ...limits });
    return oracle;
  }

  #makeMachine(state?: MachineState): Machine {
    const types = importTypes(this.#module);
    const imports = (module: string, name: string): ReturnType<typeof machineHost> | undefined => {
      const type = types.get(`${module}.${name}`);
      return type === undefined ? undefined : machineHost(this.#machineSide, { type, name });
    };
    return makeMachine({
      program: this.#program,
      imports,
      memoryPagesMax: this.#memoryPagesMax,
      ...this.#stackLimit(),
      ...(state === undefined ? {} : { state }),
    });
  }

  #stackLimit(): { stackSlotsMax?: number } {
    return this.#stackSlotsMax === undefined ? {} : { stackSlotsMax: this.#stackSlotsMax };
  }

  #records({ records }: HostSide): string {
    return records.map(({ name, args, gas }) => `${name}${args}@${gas}`).join("\n");
  }

  #assertEqual(what: string, expected: unknown, actual: unknown): void {
    if (expected === actual) return;
    throw new Mismatch(`${what}\n  oracle:  ${clip(String(expected))}\n  machine: ${clip(String(actual))}`);
  }

  #verdict(): Verdict {
    const gas = this.#machine.gasUsed;
    return { kind: "same", calls: this.#calls, slices: this.#slices, thaws: this.#thaws, gas };
  }
}

/** How long each slice is: all in one, all equal and tiny, or of random lengths. */
function slicePlan(random: Random): (n: number) => number {
  const kind = random.below(5);
  if (kind === 0) return () => SLICE_WHOLE;
  if (kind === 1) {
    const size = random.pick([0, 1, 2, 3, 7]);
    return () => size;
  }
  const most = random.pick([10, 100, 1000, 20_000]);
  const seed = random.u32();
  return (n) => new Random(seed + n).below(most);
}

function showOracle(result: CallResult, type: FunctionType, oracle: Oracle): string {
  switch (result.kind) {
    case "done":
      return `done ${show(result.values.map((value, i) => oracleToMachine(type.results[i] ?? 0, value, oracle.instance)))}`;
    case "trap":
      return `trap ${result.code}`;
    case "out-of-gas":
      return "slice";
    case "memory":
      return `memory ${result.pagesWanted}`;
  }
}

function showStop(stop: Stop): string {
  switch (stop.kind) {
    case "done":
      return `done ${show(stop.results)}`;
    case "trap":
      return `trap ${stop.code}`;
    case "memory":
      return `memory ${stop.pagesWanted}`;
    case "parked":
    case "slice":
    case "deep":
    case "exit":
      return stop.kind;
  }
}

/** Without the memories' bytes, which are compared at the end of each call. */
function flat(state: MachineState): unknown[] {
  const frames = state.frames.map(({ func, point, values }) => [func, point, values]);
  const { pending } = state;
  const waiting =
    pending.kind === "none" ? [] : pending.kind === "call" ? [pending.func, pending.args] : pending.values;
  return [
    state.memories.map(({ pages }) => pages),
    state.tables.map((table) => [...table]),
    state.globals,
    state.droppedData,
    state.droppedElements,
    frames,
    pending.kind,
    waiting,
  ];
}

const CLIP = 600;

function clip(text: string): string {
  return text.length <= CLIP ? text : `…${text.slice(-CLIP)}`;
}

function fail(message: string): never {
  throw new Error(message);
}
