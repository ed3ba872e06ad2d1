/**
 * One call of a WASI function: its arguments in order, the guest's memory, and the rule that whatever goes wrong inside
 * becomes an error number and nothing else.
 *
 * @module
 */
import type { HostContext, HostFunction, HostValue } from "../../kernel/index.ts";
import { type Exit, Suspend } from "../../kernel/index.ts";
import type { Errno } from "./errno.ts";
import { ERRNO, errnoOf, fail } from "./errno.ts";
import { GuestMemory } from "./guest-memory.ts";
import type { WasiProcess } from "./process.ts";

/** Gas for every eight bytes copied in or out, as for the bulk memory instructions. */
const BYTES_PER_GAS = 8;

export class WasiCall {
  readonly context: HostContext;
  readonly memory: GuestMemory;
  readonly #arguments: readonly HostValue[];
  #next = 0;
  #bytesCopied = 0;

  constructor(context: HostContext, values: readonly HostValue[]) {
    this.context = context;
    this.memory = new GuestMemory(context.memory());
    this.#arguments = values;
  }

  /** The next argument. A module may have declared the function with other types than ours; then it is EINVAL, always. */
  u32(): number {
    const value = this.#arguments[this.#next++];
    return typeof value === "number" ? value >>> 0 : fail(ERRNO.INVAL);
  }

  u64(): bigint {
    return BigInt.asUintN(64, this.i64());
  }

  i64(): bigint {
    const value = this.#arguments[this.#next++];
    return typeof value === "bigint" ? value : fail(ERRNO.INVAL);
  }

  /** A pointer to where an answer of this size will go, checked now so that nothing has happened yet if it is wrong. */
  pointer(size: number): number {
    const pointer = this.u32();
    this.memory.assertRange(pointer, size);
    return pointer;
  }

  path(): string {
    const pointer = this.u32();
    return this.memory.readPath(pointer, this.u32());
  }

  buffers(): Uint8Array[] {
    const pointer = this.u32();
    return this.memory.buffers(pointer, this.u32());
  }

  /** A size or offset in a file. What JavaScript cannot count exactly no file system holds. */
  offset(): number {
    const value = this.u64();
    return value > BigInt(Number.MAX_SAFE_INTEGER) ? fail(ERRNO.FBIG) : Number(value);
  }

  flags(all: number): number {
    const value = this.u32();
    return (value & ~all) === 0 ? value : fail(ERRNO.INVAL);
  }

  /** Notes bytes that went in or out; they are charged when the call completes. */
  copied(bytes: number): void {
    this.#bytesCopied += bytes;
  }

  get bytesCopied(): number {
    return this.#bytesCopied;
  }
}

export type WasiAnswer = Errno | Suspend | Exit;

export interface WasiDefinition {
  /** Gas besides what is charged for bytes; see docs/spec/wasi.md. */
  readonly gas: number;
  readonly run: (call: WasiCall, process: WasiProcess) => WasiAnswer;
}

function answerOf(definition: WasiDefinition, call: WasiCall, process: WasiProcess): WasiAnswer {
  try {
    return definition.run(call, process);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    return errno;
  }
}

/** Gas is charged only when the call completes: how often a parked one is made again depends on the world outside. */
export function toHostFunction(definition: WasiDefinition, process: WasiProcess): HostFunction {
  return (context, ...values) => {
    process.clocks.setGas(context.gasUsed);
    // What a call asked that was then parked is asked again, and counts once.
    process.folders.takeWork();
    const call = new WasiCall(context, values);
    const answer = answerOf(definition, call, process);
    if (answer instanceof Suspend) return answer;
    const gas = definition.gas + process.folders.takeWork() + Math.floor(call.bytesCopied / BYTES_PER_GAS);
    if (gas > 0) context.charge(gas);
    return answer;
  };
}
