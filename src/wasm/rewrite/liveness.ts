/**
 * Which locals are live at each safepoint: a backward walk over the structured code, repeated until the sets at loop
 * headers no longer grow. What is not live is neither saved nor kept alive for saving, and that is most of the speed.
 * @module
 */

import { WasmError } from "../errors.ts";
import * as o from "../opcodes.ts";
import type { Body } from "./body.ts";
import type { Flow, Point } from "./flow.ts";

/** Words of sets handled in one walk, at most: keeps a hostile function from taking minutes. */
const WORK_MAX = 400_000_000;

interface Frame {
  readonly opener: number;
  /** Live after the block's end. */
  readonly after: Uint32Array;
  /** Live where the else-arm starts. */
  elseLive: Uint32Array | undefined;
}

/** For each of `points`, a set of locals, 32 to a word, `words` words a point. */
export interface LiveSets {
  readonly words: number;
  readonly sets: Uint32Array;
}

export function analyseLiveness(flow: Flow, points: readonly Point[]): LiveSets {
  const words = (flow.body.locals.length + 31) >>> 5;
  const sets = new Uint32Array(words * points.length);
  if (points.length > 1 && words > 0) {
    let steps = flow.body.count;
    for (const targets of flow.body.tables.values()) steps += targets.length;
    if (words * steps > WORK_MAX) {
      throw new WasmError(
        "unsupported",
        `function ${flow.body.func} is too large to be made freezable: ${flow.body.locals.length} locals, ${flow.body.count} instructions; compile with fewer locals or a smaller function`,
      );
    }
    const walker = new LivenessWalker(flow, points, words, sets);
    while (walker.walk());
  }
  return { words, sets };
}

class LivenessWalker {
  readonly #body: Body;
  readonly #reached: Uint8Array;
  readonly #words: number;
  readonly #sets: Uint32Array;
  /** Instruction to the place of its point's set, or -1. */
  readonly #pointAt: Int32Array;
  readonly #headers = new Map<number, Uint32Array>();
  readonly #frames: Frame[] = [];
  /** Union of what is live in the handlers around, one entry a try_table. */
  readonly #handlers: Uint32Array[] = [];
  #live: Uint32Array;

  constructor(flow: Flow, points: readonly Point[], words: number, sets: Uint32Array) {
    this.#body = flow.body;
    this.#reached = flow.live;
    this.#words = words;
    this.#sets = sets;
    this.#live = new Uint32Array(words);
    this.#pointAt = new Int32Array(flow.body.count).fill(-1);
    points.forEach((point, k) => {
      if (point.index >= 0) this.#pointAt[point.index] = k * words;
    });
  }

  /** One walk from the end to the start; tells whether another is needed. */
  walk(): boolean {
    const { op, match, count } = this.#body;
    let again = false;
    this.#live = new Uint32Array(this.#words);
    for (let i = count - 1; i >= 0; i--) {
      if (op[i] === o.OP_END) {
        const opener = match[i] as number;
        if (opener >= 0 && this.#reached[opener] === 0) i = opener;
        else this.#end(i, opener);
      } else if (this.#reached[i] === 1) {
        if (this.#step(i, op[i] as number)) again = true;
      }
    }
    this.#frames.length = 0;
    return again;
  }

  #end(i: number, opener: number): void {
    if (this.#reached[i] === 0 || opener < 0) this.#live.fill(0);
    this.#frames.push({ opener, after: this.#live.slice(), elseLive: undefined });
    if (opener >= 0 && this.#body.op[opener] === o.OP_TRY_TABLE) {
      const handler = (this.#handlers[this.#handlers.length - 1] ?? new Uint32Array(this.#words)).slice();
      // Clauses count depths from outside the try_table.
      for (const clause of this.#body.clauses.get(opener) ?? []) add(handler, this.#label(clause.depth + 1));
      this.#handlers.push(handler);
    }
  }

  #step(i: number, op: number): boolean {
    const live = this.#live;
    switch (op) {
      case o.OP_LOCAL_GET: {
        const local = this.#body.a[i] as number;
        live[local >>> 5] = (live[local >>> 5] as number) | (1 << (local & 31));
        return false;
      }
      case o.OP_LOCAL_SET:
      case o.OP_LOCAL_TEE: {
        const local = this.#body.a[i] as number;
        live[local >>> 5] = (live[local >>> 5] as number) & ~(1 << (local & 31));
        return false;
      }
      case o.OP_BLOCK:
      case o.OP_TRY_TABLE:
        this.#frames.pop();
        if (op === o.OP_TRY_TABLE) this.#handlers.pop();
        return false;
      case o.OP_LOOP:
        return this.#loop(i);
      case o.OP_IF: {
        const frame = this.#frames.pop() as Frame;
        add(live, frame.elseLive ?? frame.after);
        return false;
      }
      case o.OP_ELSE: {
        const frame = this.#frames[this.#frames.length - 1] as Frame;
        frame.elseLive = live.slice();
        live.set(frame.after);
        return false;
      }
      default:
        this.#jump(i, op);
        return false;
    }
  }

  #loop(i: number): boolean {
    this.#frames.pop();
    const place = this.#pointAt[i] as number;
    if (place >= 0) this.#sets.set(this.#live, place);
    const header = this.#headers.get(i);
    if (header === undefined) {
      this.#headers.set(i, this.#live.slice());
      return this.#live.some((word) => word !== 0);
    }
    return add(header, this.#live);
  }

  #jump(i: number, op: number): void {
    const live = this.#live;
    const { a, tables } = this.#body;
    switch (op) {
      case o.OP_BR:
        live.set(this.#label(a[i] as number));
        return;
      case o.OP_BR_IF:
        add(live, this.#label(a[i] as number));
        return;
      case o.OP_BR_TABLE:
        live.fill(0);
        for (const depth of tables.get(i) as readonly number[]) add(live, this.#label(depth));
        return;
      case o.OP_RETURN:
      case o.OP_UNREACHABLE:
      case o.OP_RETURN_CALL:
      case o.OP_RETURN_CALL_INDIRECT:
        live.fill(0);
        return;
      case o.OP_THROW:
      case o.OP_THROW_REF:
        live.fill(0);
        this.#addHandlers();
        return;
    }
    const place = this.#pointAt[i] as number;
    if (op === o.OP_CALL || op === o.OP_CALL_INDIRECT) this.#addHandlers();
    if (place >= 0) this.#sets.set(live, place);
  }

  /** Whatever may throw may go on in a handler. */
  #addHandlers(): void {
    const handler = this.#handlers[this.#handlers.length - 1];
    if (handler !== undefined) add(this.#live, handler);
  }

  #label(depth: number): Uint32Array {
    const frame = this.#frames[this.#frames.length - 1 - depth] as Frame;
    if (frame.opener < 0 || this.#body.op[frame.opener] !== o.OP_LOOP) return frame.after;
    return this.#headers.get(frame.opener) ?? new Uint32Array(this.#words);
  }
}

/** target |= source; tells whether target changed. */
function add(target: Uint32Array, source: Uint32Array): boolean {
  let changed = 0;
  for (let w = 0; w < target.length; w++) {
    const before = target[w] as number;
    const after = (before | (source[w] as number)) >>> 0;
    target[w] = after;
    changed |= before ^ after;
  }
  return changed !== 0;
}
