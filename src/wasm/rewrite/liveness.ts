/**
 * Which locals are live at each safepoint: a backward walk over the structured code, in which a loop is repeated until
 * the sets at its header and those inside it no longer grow. What is not live is neither saved nor kept alive for saving,
 * and that is most of the speed.
 * @module
 */

import { WasmError } from "../errors.ts";
import * as o from "../opcodes.ts";
import { type Body, elseOf } from "./body.ts";
import type { Flow } from "./flow.ts";
import { cutIntegers } from "./pool.ts";

/** Words of sets handled in one walk, at most: keeps a hostile function from taking minutes. */
const WORK_MAX = 400_000_000;

/** For each safepoint, a set of locals, 32 to a word, `words` words a point. */
export interface LiveSets {
  readonly words: number;
  readonly sets: Int32Array;
}

/** @param pointAt number of the safepoint at an instruction, or -1 */
export function analyseLiveness(flow: Flow, points: number, pointAt: Int32Array): LiveSets {
  const { body } = flow;
  const words = (body.locals.length + 31) >>> 5;
  const sets = cutIntegers(words * points);
  if (points > 1 && words > 0) {
    let steps = body.count;
    for (const targets of body.tables.values()) steps += targets.length;
    if (words * steps > WORK_MAX) {
      throw new WasmError(
        "unsupported",
        `function ${body.func} is too large to be made freezable: ${body.locals.length} locals, ${body.count} instructions; compile with fewer locals or a smaller function`,
      );
    }
    new LivenessWalker(flow, words, sets, pointAt).walk();
  }
  return { words, sets };
}

/** How the walk treats an instruction, by opcode key. */
const NOTHING = 0;
const USE = 1;
const DEFINE = 2;
const OTHER = 3;

const KINDS: Uint8Array = new Uint8Array(o.KEY_COUNT);
KINDS[o.OP_LOCAL_GET] = USE;
KINDS[o.OP_LOCAL_SET] = DEFINE;
KINDS[o.OP_LOCAL_TEE] = DEFINE;
for (const key of [
  ...[o.OP_BLOCK, o.OP_LOOP, o.OP_IF, o.OP_ELSE, o.OP_END, o.OP_TRY_TABLE, o.OP_BR, o.OP_BR_IF, o.OP_BR_TABLE],
  ...[o.OP_RETURN, o.OP_UNREACHABLE, o.OP_THROW, o.OP_THROW_REF, o.OP_CALL, o.OP_CALL_INDIRECT, o.OP_RETURN_CALL],
  ...[o.OP_RETURN_CALL_INDIRECT, o.OP_MEMORY_GROW, o.OP_TABLE_GROW, o.OP_MEMORY_INIT, o.OP_MEMORY_COPY],
  ...[o.OP_MEMORY_FILL, o.OP_TABLE_INIT, o.OP_TABLE_COPY, o.OP_TABLE_FILL],
]) {
  KINDS[key] = OTHER;
}

/** Sets of the walk in progress, reused from function to function. */
let scratch: Int32Array = new Int32Array(1 << 10);

class LivenessWalker {
  readonly #body: Body;
  readonly #reached: Uint8Array;
  readonly #words: number;
  readonly #points: Int32Array;
  readonly #pointAt: Int32Array;
  /** What is live now, at 0; then two sets for each open block and one more for each try_table. */
  #sets: Int32Array = scratch;
  /** Where the next set goes. */
  #top: number;
  /** Places of the sets of open blocks: what is live after the block, and next to it where its else-arm starts. */
  readonly #after: number[] = [];
  readonly #openers: number[] = [];
  /** Sets at loop headers so far, by opener. */
  readonly #headers = new Map<number, Int32Array>();
  /** Places of the unions of what is live in the handlers around, one a try_table. */
  readonly #handlers: number[] = [];
  /** How many loops are open, and whether a set at a header has grown since the outermost was entered. */
  #loops = 0;
  #grown = false;

  constructor(flow: Flow, words: number, points: Int32Array, pointAt: Int32Array) {
    this.#body = flow.body;
    this.#reached = flow.live;
    this.#words = words;
    this.#points = points;
    this.#pointAt = pointAt;
    this.#top = 0;
    this.#push();
  }

  /** From the end to the start. */
  walk(): void {
    const { op, a, match, count } = this.#body;
    const reached = this.#reached;
    let sets = this.#sets;
    for (let i = count - 1; i >= 0; i--) {
      const key = op[i] as number;
      const kind = KINDS[key] as number;
      if (kind === NOTHING || (reached[i] === 0 && key !== o.OP_END)) continue;
      if (kind === USE) {
        const local = a[i] as number;
        sets[local >>> 5] = (sets[local >>> 5] as number) | (1 << (local & 31));
      } else if (kind === DEFINE) {
        const local = a[i] as number;
        sets[local >>> 5] = (sets[local >>> 5] as number) & ~(1 << (local & 31));
      } else if (key === o.OP_END) {
        const opener = match[i] as number;
        if (opener >= 0 && reached[opener] === 0) i = opener;
        else this.#end(i, opener);
        sets = this.#sets;
      } else if (key === o.OP_LOOP) {
        if (this.#loopAgain(i)) i = match[i] as number;
      } else {
        this.#step(i, key);
      }
    }
  }

  #end(i: number, opener: number): void {
    if (this.#reached[i] === 0 || opener < 0) this.#sets.fill(0, 0, this.#words);
    const after = this.#push();
    this.#push();
    this.#copy(after, 0);
    this.#after.push(after);
    this.#openers.push(opener);
    const op = opener < 0 ? o.OP_BLOCK : this.#body.op[opener];
    if (op === o.OP_LOOP) this.#loops++;
    if (op !== o.OP_TRY_TABLE) return;
    const around = this.#handlers[this.#handlers.length - 1];
    const handler = this.#push();
    if (around !== undefined) this.#copy(handler, around);
    // Clauses count depths from outside the try_table.
    for (const clause of this.#body.clauses.get(opener) ?? []) this.#addLabel(handler, clause.depth + 1);
    this.#handlers.push(handler);
  }

  #step(i: number, op: number): void {
    const live = 0;
    const { a, tables } = this.#body;
    switch (op) {
      case o.OP_BLOCK:
        this.#close();
        return;
      case o.OP_BR_IF:
        this.#addLabel(live, a[i] as number);
        return;
      case o.OP_BR:
        this.#clear();
        this.#addLabel(live, a[i] as number);
        return;
      case o.OP_IF: {
        const after = this.#after[this.#after.length - 1] as number;
        const hasElse = elseOf(this.#body, i) !== -1;
        this.#add(live, hasElse ? after + this.#words : after);
        this.#close();
        return;
      }
      case o.OP_ELSE: {
        const after = this.#after[this.#after.length - 1] as number;
        this.#copy(after + this.#words, live);
        this.#copy(live, after);
        return;
      }
      case o.OP_BR_TABLE:
        this.#clear();
        for (const depth of tables.get(i) as readonly number[]) this.#addLabel(live, depth);
        return;
      case o.OP_TRY_TABLE:
        this.#handlers.pop();
        this.#top -= this.#words;
        this.#close();
        return;
      case o.OP_RETURN:
      case o.OP_UNREACHABLE:
      case o.OP_RETURN_CALL:
      case o.OP_RETURN_CALL_INDIRECT:
        this.#clear();
        return;
      case o.OP_THROW:
      case o.OP_THROW_REF:
        this.#clear();
        this.#addHandlers();
        return;
      case o.OP_CALL:
      case o.OP_CALL_INDIRECT:
        this.#addHandlers();
    }
    this.#keep(this.#pointAt[i] as number);
  }

  /** At a loop's header; tells whether the loop is to be walked again, from its end. */
  #loopAgain(i: number): boolean {
    this.#keep(this.#pointAt[i] as number);
    if (this.#growHeader(i)) this.#grown = true;
    if (this.#loops > 1 || !this.#grown) {
      this.#loops--;
      this.#close();
      return false;
    }
    this.#grown = false;
    this.#copy(0, this.#after[this.#after.length - 1] as number);
    return true;
  }

  #growHeader(opener: number): boolean {
    let header = this.#headers.get(opener);
    if (header === undefined) {
      header = cutIntegers(this.#words);
      this.#headers.set(opener, header);
    }
    let changed = 0;
    for (let w = 0; w < this.#words; w++) {
      const before = header[w] as number;
      const now = before | (this.#sets[w] as number);
      header[w] = now;
      changed |= before ^ now;
    }
    return changed !== 0;
  }

  /** What is live now, for a safepoint. */
  #keep(point: number): void {
    const words = this.#words;
    if (point >= 0) for (let w = 0; w < words; w++) this.#points[point * words + w] = this.#sets[w] as number;
  }

  /** Whatever may throw may go on in a handler. */
  #addHandlers(): void {
    // Reading before the beginning of a list is slow.
    const { length } = this.#handlers;
    if (length > 0) this.#add(0, this.#handlers[length - 1] as number);
  }

  /** Adds to the set at `target` what is live at a label. */
  #addLabel(target: number, depth: number): void {
    const frame = this.#openers.length - 1 - depth;
    const opener = this.#openers[frame] as number;
    if (opener < 0 || this.#body.op[opener] !== o.OP_LOOP) {
      this.#add(target, this.#after[frame] as number);
      return;
    }
    const header = this.#headers.get(opener);
    if (header === undefined) return;
    const sets = this.#sets;
    for (let w = 0; w < header.length; w++) sets[target + w] = (sets[target + w] as number) | (header[w] as number);
  }

  #close(): void {
    this.#openers.pop();
    this.#after.pop();
    this.#top -= 2 * this.#words;
  }

  /** Room for a set, empty. */
  #push(): number {
    const place = this.#top;
    this.#top += this.#words;
    if (this.#top > this.#sets.length) {
      scratch = new Int32Array(this.#top * 2);
      scratch.set(this.#sets);
      this.#sets = scratch;
    }
    this.#sets.fill(0, place, this.#top);
    return place;
  }

  #clear(): void {
    for (let w = 0; w < this.#words; w++) this.#sets[w] = 0;
  }

  #copy(target: number, source: number): void {
    const sets = this.#sets;
    for (let w = 0; w < this.#words; w++) sets[target + w] = sets[source + w] as number;
  }

  #add(target: number, source: number): void {
    const sets = this.#sets;
    for (let w = 0; w < this.#words; w++) {
      sets[target + w] = (sets[target + w] as number) | (sets[source + w] as number);
    }
  }
}
