/**
 * Emits one function from its plan: the control flow, which both the hot form (hot.ts: a whole body) and the
 * continuations (continuation.ts: the rest of a body after a safepoint) are made of. The two differ in where they start, in
 * what a local's number is, and in how they return: see `Form`.
 * @module
 */

import { EXNREF, type FunctionType, type ValueType, type WasmModule } from "../module.ts";
import * as o from "../opcodes.ts";
import { blockType, type CatchClause, elseOf } from "./body.ts";
import type { CodeWriter } from "./code-writer.ts";
import { InstructionEmitter, isCopied } from "./emit-instruction.ts";
import { type EmitInit, SafepointEmitter } from "./emit-safepoint.ts";
import type { PlannedPoint } from "./plan.ts";
import type { Target } from "./target.ts";
import { TIGHT_LOOP_COPIES, tightLoopEnd } from "./tight-loops.ts";
import { EXACT_AT_TRAP } from "./traps.ts";

const CONTROL: ReadonlySet<number> = new Set([
  ...[o.OP_BLOCK, o.OP_LOOP, o.OP_IF, o.OP_ELSE, o.OP_END, o.OP_TRY_TABLE, o.OP_BR, o.OP_BR_IF, o.OP_BR_TABLE],
  ...[o.OP_RETURN, o.OP_UNREACHABLE, o.OP_THROW, o.OP_THROW_REF, o.OP_CALL, o.OP_CALL_INDIRECT, o.OP_RETURN_CALL],
  o.OP_RETURN_CALL_INDIRECT,
]);

/** A loop is large that has so many bytes from its `loop` to its `end`. */
export const LOOP_CUT_BYTES_MIN = 4096;

/** How instructions are emitted that nothing is done beside, by opcode key. */
const OTHER = 0;
const COPIED = 1;
const LOCAL = 2;

const KINDS: Uint8Array = Uint8Array.from(o.NAMES, (name, key) => {
  if (key >= o.OP_LOCAL_GET && key <= o.OP_LOCAL_TEE) return LOCAL;
  const copied = name !== undefined && isCopied(key) && !CONTROL.has(key) && EXACT_AT_TRAP[key] === 0;
  return copied ? COPIED : OTHER;
});

interface Frame {
  readonly opener: number;
  readonly op: number;
  /** How many labels are open when its own is. */
  readonly level: number;
  readonly type: FunctionType;
  /**
   * Opened again in a continuation, to be left in the middle. A loop: branches to it save the frame as at its header.
   * An `if`: only the arm that the frame was in is there, as a plain block.
   */
  readonly entered: boolean;
  /** Clauses of a try_table that have their own landing blocks. */
  readonly clauses: number;
  targeted: boolean;
  thenFalls: boolean;
}

export class FunctionEmitter {
  readonly code: CodeWriter;
  readonly target: Target;
  readonly #init: EmitInit;
  readonly #safepoints: SafepointEmitter;
  readonly #instructions: InstructionEmitter;
  readonly #frames: Frame[] = [];
  #labelled = true;
  /** The loop at whose header a continuation begins. */
  #ownLoop = -1;

  constructor(init: EmitInit) {
    this.#init = init;
    this.target = init.target;
    this.#safepoints = new SafepointEmitter(init);
    this.#instructions = new InstructionEmitter(init, this.#safepoints);
    this.code = this.#safepoints.code;
  }

  /** Opens the block that stands for the function's own label; without `labelled`, only in name. */
  openFunction(labelled: boolean): void {
    const type: FunctionType = { params: [], results: this.#init.plan.flow.body.type.results };
    this.#labelled = labelled;
    if (labelled) this.#openLabel(o.OP_BLOCK, type);
    this.#pushFrame(-1, o.OP_BLOCK, type, false, 0);
  }

  /** The whole body, from its start. */
  emitBody(): void {
    this.#emitFrom(0, true);
  }

  /** The rest of the body after a safepoint; the form has put the saved values back into locals. */
  emitRest(point: PlannedPoint, pushResults: () => void): void {
    let height = 0;
    for (const opener of this.#openersOf(point)) {
      const { flow } = this.#init.plan;
      const base = flow.bases[flow.body.a[opener] as number] as number;
      this.#pushStack(point, height, base);
      height = base;
      this.#reopen(opener);
    }
    this.#pushStack(point, height, point.stack.length);
    const i = point.index;
    if (point.kind === "loop") {
      this.#ownLoop = i;
      this.#emitFrom(i, true);
    } else if (point.kind === "bulk") {
      this.#instructions.bulkOperation(i);
      this.#emitFrom(i + 1, true);
    } else {
      pushResults();
      this.#safepoints.keepProduced(i);
      this.#safepoints.charge(i);
      this.#emitFrom(i + 1, true);
    }
  }

  #pushStack(point: PlannedPoint, from: number, to: number): void {
    for (let h = from; h < to; h++) this.code.getTemporary(this.#safepoints.temporary(point.stack[h] as number));
  }

  /** Openers of the blocks around a safepoint, outermost first. */
  #openersOf(point: PlannedPoint): number[] {
    const { body, parents } = this.#init.plan.flow;
    const openers: number[] = [];
    for (let opener = point.opener; opener >= 0; opener = parents[body.a[opener] as number] as number) {
      openers.push(opener);
    }
    return openers.reverse();
  }

  /** Opens a block again that the saved frame was inside of; its parameters are consumed already. */
  #reopen(opener: number): void {
    const { body } = this.#init.plan.flow;
    const op = body.op[opener] as number;
    const type = blockType(body, opener);
    const inner: FunctionType = { params: [], results: type.results };
    if (op === o.OP_TRY_TABLE) {
      this.#openTry(opener, inner);
    } else if (op === o.OP_LOOP) {
      this.#openLabel(o.OP_BLOCK, inner);
      this.#openBlock(opener, op, { params: [], results: type.params }, true);
    } else {
      this.#openBlock(opener, op, inner, true);
    }
  }

  #openBlock(opener: number, op: number, type: FunctionType, entered = false): void {
    this.#openLabel(entered ? o.OP_BLOCK : op, type);
    this.#pushFrame(opener, op, type, entered, 0);
  }

  #openLabel(op: number, type: FunctionType): void {
    this.code.block(op, type, this.#init.target);
  }

  #pushFrame(opener: number, op: number, type: FunctionType, entered: boolean, clauses: number): void {
    this.#frames.push({
      opener,
      op,
      level: this.code.level,
      type,
      entered,
      clauses,
      targeted: false,
      thenFalls: false,
    });
  }

  #emitFrom(start: number, startReachable: boolean): void {
    const { flow, marks } = this.#init.plan;
    const { op: ops, a, count } = flow.body;
    const { charges } = flow;
    const { code } = this;
    const { form } = this.#init;
    let i = start;
    let reachable = startReachable;
    while (i < count) {
      if (!reachable) i = this.#nextJoin(i);
      const op = ops[i] as number;
      const kind = marks[i] === 0 && charges[i + 1] === 0 ? KINDS[op] : OTHER;
      if (kind === COPIED) code.instruction(i, flow.body);
      else if (kind === LOCAL) code.indexed(op, form.local(a[i] as number));
      else if (op === o.OP_LOOP && this.#isCut(i)) {
        this.#cut(i);
        reachable = false;
      } else if (op === o.OP_LOOP) i = this.#loop(i);
      else if (op === o.OP_END) {
        if (reachable) this.#safepoints.canonical(i);
        reachable = this.#end(i, reachable);
      } else if (op === o.OP_ELSE) {
        if (reachable) this.#safepoints.canonical(i);
        const frame = this.#top();
        if (frame.entered) {
          // The arm that was entered ends here; the other is not part of this continuation.
          i = flow.body.match[frame.opener] as number;
          reachable = this.#end(i, reachable);
        } else {
          this.#else(i, frame, reachable);
          reachable = true;
        }
      } else {
        reachable = this.#instruction(i, op);
      }
      i++;
    }
  }

  /**
   * Whether a loop is not part of this continuation but has its own, which alone is compiled with all that is in it: a large one
   * that comes after the safepoint. Nothing runs there more than once, so it is handed over at most once.
   */
  #isCut(i: number): boolean {
    if (!this.#init.form.cutsLoops || i === this.#ownLoop) return false;
    const { position, match } = this.#init.plan.flow.body;
    if ((position[match[i] as number] as number) - (position[i] as number) < LOOP_CUT_BYTES_MIN) return false;
    return this.#frames.every((frame) => frame.op !== o.OP_LOOP || frame.entered);
  }

  /** Saves the frame as at a loop's header. */
  #cut(i: number): void {
    this.#safepoints.canonical(i);
    this.#safepoints.keepProduced(i);
    this.#safepoints.save(this.#init.plan.pointAt[i] as number);
  }

  /** A loop's header, or all of a tight loop; returns the last instruction that it emitted. */
  #loop(i: number): number {
    const { flow } = this.#init.plan;
    const back = tightLoopEnd(flow, i);
    if (back === undefined) {
      this.#instruction(i, o.OP_LOOP);
      return i;
    }
    this.#tightLoop(i, back);
    return flow.body.match[i] as number;
  }

  /** The next place where control may join again: the innermost block's `else` or `end`. */
  #nextJoin(i: number): number {
    const { body } = this.#init.plan.flow;
    const frame = this.#top();
    if (frame.opener < 0) return body.count - 1;
    const elseAt = elseOf(body, frame.opener);
    return elseAt >= i && !frame.entered ? elseAt : (body.match[frame.opener] as number);
  }

  #else(i: number, frame: Frame, reachable: boolean): void {
    frame.thenFalls = reachable;
    this.code.instruction(i, this.#init.plan.flow.body);
    this.#safepoints.charge(i);
  }

  /** Closes the innermost block; tells whether the code after it is reachable. */
  #end(i: number, reachable: boolean): boolean {
    const { body } = this.#init.plan.flow;
    const frame = this.#top();
    const enteredLoop = frame.entered && frame.op === o.OP_LOOP;
    if (enteredLoop) this.#endEnteredLoop(frame, reachable);
    else if (frame.opener >= 0 || this.#labelled) this.code.end();
    this.#frames.pop();
    const hasElse = frame.op === o.OP_IF && elseOf(body, frame.opener) !== -1;
    const otherArm = frame.op === o.OP_IF && !frame.entered && (!hasElse || frame.thenFalls);
    const live = reachable || otherArm || (frame.op !== o.OP_LOOP && frame.targeted);
    if (frame.clauses > 0) this.#landings(frame);
    if (frame.opener < 0) return live;
    if (!live) {
      this.code.op(o.OP_UNREACHABLE);
      return false;
    }
    this.#safepoints.keepProduced(i);
    this.#safepoints.charge(i);
    return true;
  }

  /** `br` to a loop entered in the middle: save the frame as it would be at the loop's header, and return to the kernel. */
  #endEnteredLoop(frame: Frame, reachable: boolean): void {
    const { plan } = this.#init;
    if (reachable) this.code.branch(o.OP_BR, 1);
    this.code.end();
    if (frame.targeted) {
      const first = plan.flow.produced[frame.opener] as number;
      for (let p = frame.type.results.length - 1; p >= 0; p--) {
        const temporary = this.#safepoints.temporary(first + p);
        if (temporary >= 0) this.code.setTemporary(temporary);
        else this.code.op(o.OP_DROP);
      }
      this.#safepoints.save(plan.pointAt[frame.opener] as number);
    } else {
      this.code.op(o.OP_UNREACHABLE);
    }
    this.code.end();
  }

  /** Emits instruction i, which is reachable; tells whether control falls through. */
  #instruction(i: number, op: number): boolean {
    const { plan, form } = this.#init;
    const { body } = plan.flow;
    const code = this.code;
    // At the header that a continuation begins at, the operands may have come by a branch, with bits that no arithmetic made.
    if (i !== this.#ownLoop) this.#safepoints.canonical(i);
    if (EXACT_AT_TRAP[op] === 1) this.#safepoints.storeGas();
    switch (op) {
      case o.OP_LOCAL_GET:
      case o.OP_LOCAL_SET:
      case o.OP_LOCAL_TEE:
        code.indexed(op, form.local(body.a[i] as number));
        break;
      case o.OP_BLOCK:
      case o.OP_IF:
      case o.OP_LOOP:
        this.#openBlock(i, op, blockType(body, i));
        if (op === o.OP_LOOP) this.#loopHeader(i);
        else this.#safepoints.charge(i);
        return true;
      case o.OP_TRY_TABLE:
        this.#openTry(i, blockType(body, i));
        return true;
      case o.OP_BR:
        code.branch(op, this.#branchDepth(body.a[i] as number));
        return false;
      case o.OP_BR_IF:
        code.branch(op, this.#branchDepth(body.a[i] as number));
        break;
      case o.OP_BR_TABLE:
        code.branchTable((body.tables.get(i) as readonly number[]).map((depth) => this.#branchDepth(depth)));
        return false;
      case o.OP_RETURN:
        form.finish(code, this.#returnDepth);
        return false;
      case o.OP_UNREACHABLE:
        code.op(op);
        return false;
      case o.OP_THROW:
      case o.OP_THROW_REF:
        this.#safepoints.storeGas();
        if (op === o.OP_THROW) code.indexed(op, this.#init.target.tag(body.a[i] as number));
        else code.op(op);
        return false;
      case o.OP_CALL:
      case o.OP_CALL_INDIRECT:
        this.#instructions.call(i, op);
        return true;
      case o.OP_RETURN_CALL:
      case o.OP_RETURN_CALL_INDIRECT:
        this.#instructions.tailCall(i, op, this.#returnDepth);
        return false;
      default:
        this.#instructions.plain(i, op);
    }
    this.#safepoints.keepProduced(i);
    this.#safepoints.charge(i);
    return true;
  }

  /**
   * While there is gas for several iterations, they run without a test between them; every one is charged as always, so
   * that nothing can be told apart from outside but the speed.
   */
  #tightLoop(opener: number, back: number): void {
    const { plan, form } = this.#init;
    const { code } = this;
    const none: FunctionType = { params: [], results: [] };
    this.#openLabel(o.OP_BLOCK, none);
    this.#openLabel(o.OP_LOOP, none);
    code.get(form.gas);
    code.constant((TIGHT_LOOP_COPIES - 1) * (plan.flow.charges[opener + 1] as number));
    code.op(o.OP_I32_LT_S);
    code.block(o.OP_IF, none, this.#init.target);
    this.#safepoints.testGas(plan.pointAt[opener] as number);
    this.#iteration(opener, back);
    code.branch(o.OP_BR_IF, 1);
    code.branch(o.OP_BR, 2);
    code.end();
    for (let copy = 1; copy < TIGHT_LOOP_COPIES; copy++) {
      this.#iteration(opener, back);
      code.op(o.OP_I32_EQZ);
      code.branch(o.OP_BR_IF, 1);
    }
    this.#iteration(opener, back);
    code.branch(o.OP_BR_IF, 0);
    code.end();
    code.end();
    this.#safepoints.charge(back);
  }

  /** One pass through a straight body, up to the condition of its branch back. */
  #iteration(opener: number, back: number): void {
    this.#safepoints.charge(opener);
    for (let i = opener + 1; i < back; i++) this.#instruction(i, this.#init.plan.flow.body.op[i] as number);
  }

  #loopHeader(i: number): void {
    this.#safepoints.keepProduced(i);
    this.#safepoints.testGas(this.#init.plan.pointAt[i] as number);
    this.#safepoints.charge(i);
  }

  /** Safepoints that the code tests at. */
  get tested(): ReadonlySet<number> {
    return this.#safepoints.tested;
  }

  /** Opens what the tests branch out of, at these safepoints or at all; before everything else. */
  openStops(points?: Iterable<number>): void {
    this.#safepoints.openStops(points);
  }

  /** Closes that, behind the code that returns. */
  closeStops(): void {
    this.#safepoints.closeStops();
  }

  /** The start of the hot form: test of gas and stack together, then the first charge. */
  emitEntry(bounded: boolean): void {
    const { code } = this;
    const { gas, depth } = this.#init.form;
    if (!bounded) {
      this.#safepoints.beginTest(0);
      code.subtract(depth, this.#init.frameSlots, true);
      code.get(gas);
      code.op(o.OP_I32_OR);
      this.#safepoints.endTest(0);
    }
    this.#safepoints.charge(-1);
  }

  #branchDepth(depth: number): number {
    const frame = this.#frames[this.#frames.length - 1 - depth] as Frame;
    frame.targeted = true;
    return this.code.level - frame.level;
  }

  /** Of the function's own label. */
  get #returnDepth(): number {
    return this.code.level - (this.#frames[0] as Frame).level;
  }

  #top(): Frame {
    return this.#frames[this.#frames.length - 1] as Frame;
  }

  /**
   * try_table, with a landing block around it for each clause: an exception comes with no gas in a local, so each landing
   * reads it from the global, where the throw has left it, before it goes on to the clause's label.
   */
  #openTry(opener: number, type: FunctionType): void {
    const { target } = this.#init;
    const { body } = this.#init.plan.flow;
    const clauses = body.clauses.get(opener) ?? [];
    // The outermost block is for leaving normally; then one for each clause, the first clause's innermost.
    if (clauses.length > 0) this.#openLabel(o.OP_BLOCK, type);
    for (const clause of clauses.toReversed()) {
      this.#openLabel(o.OP_BLOCK, { params: type.params, results: clausePayload(clause, body.module) });
    }
    this.code.tryTable(type, clauses, target);
    this.#pushFrame(opener, o.OP_TRY_TABLE, type, false, clauses.length);
    this.#safepoints.charge(opener);
  }

  #landings(frame: Frame): void {
    const { form, target } = this.#init;
    const clauses = this.#init.plan.flow.body.clauses.get(frame.opener) ?? [];
    const { code } = this;
    code.branch(o.OP_BR, clauses.length);
    for (const clause of clauses) {
      code.end();
      code.indexed(o.OP_GLOBAL_GET, target.gasGlobal);
      code.set(form.gas);
      code.branch(o.OP_BR, this.#branchDepth(clause.depth));
    }
    code.end();
  }
}

/** What an exception leaves on the stack where a clause catches it. */
function clausePayload(clause: CatchClause, module: WasmModule): readonly ValueType[] {
  const CATCH_REF = 1;
  const CATCH_ALL_REF = 3;
  const tag = clause.tag < 0 ? [] : (module.types[module.tags[clause.tag] as number] as FunctionType).params;
  return clause.kind === CATCH_REF || clause.kind === CATCH_ALL_REF ? [...tag, EXNREF] : tag;
}
