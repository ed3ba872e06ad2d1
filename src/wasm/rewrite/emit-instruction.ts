/**
 * Instructions that are no control flow: those that stay as they are but for the numbers of what they refer to, calls, and
 * bulk operations.
 * @module
 */

import { I32 } from "../module.ts";
import * as o from "../opcodes.ts";
import type { EmitInit, SafepointEmitter } from "./emit-safepoint.ts";
import { isMove } from "./moves.ts";
import type { PlannedPoint } from "./plan.ts";

/** Those that mean something else in another module, or are a safepoint. */
const NOT_COPIED: ReadonlySet<number> = new Set([
  ...[o.OP_GLOBAL_GET, o.OP_GLOBAL_SET, o.OP_TABLE_GET, o.OP_TABLE_SET, o.OP_TABLE_SIZE, o.OP_REF_FUNC],
  ...[o.OP_MEMORY_GROW, o.OP_TABLE_GROW, o.OP_DATA_DROP, o.OP_ELEM_DROP, o.OP_MEMORY_INIT, o.OP_MEMORY_COPY],
  ...[o.OP_MEMORY_FILL, o.OP_TABLE_INIT, o.OP_TABLE_COPY, o.OP_TABLE_FILL],
]);

/** Whether an instruction that is no control flow and names no local stays as it is, to the byte. */
export function isCopied(op: number): boolean {
  return !NOT_COPIED.has(op);
}

export class InstructionEmitter {
  readonly #init: EmitInit;
  readonly #safepoints: SafepointEmitter;

  constructor(init: EmitInit, safepoints: SafepointEmitter) {
    this.#init = init;
    this.#safepoints = safepoints;
  }

  /** Instructions that stay as they are, but for the numbers of what they refer to. */
  plain(i: number, op: number): void {
    const { target } = this.#init;
    const { body } = this.#init.plan.flow;
    const { code } = this.#safepoints;
    const a = body.a[i] as number;
    switch (op) {
      case o.OP_GLOBAL_GET:
      case o.OP_GLOBAL_SET:
        code.indexed(op, target.global(a));
        return;
      case o.OP_TABLE_GET:
      case o.OP_TABLE_SET:
        code.indexed(op, target.table(a));
        return;
      case o.OP_TABLE_SIZE:
        code.misc(op, target.table(a));
        return;
      case o.OP_REF_FUNC:
        code.indexed(op, target.func(a));
        return;
      case o.OP_MEMORY_GROW:
        this.#suspendingCall(i, () => code.indexed(o.OP_CALL, target.helper({ kind: "memory.grow" })));
        return;
      case o.OP_TABLE_GROW:
        this.#suspendingCall(i, () => code.indexed(o.OP_CALL, target.helper({ kind: "table.grow", index: a })));
        return;
      case o.OP_DATA_DROP:
        code.indexed(o.OP_CALL, target.helper({ kind: "data.drop", index: a }));
        return;
      case o.OP_ELEM_DROP:
        code.indexed(o.OP_CALL, target.helper({ kind: "elem.drop", index: a }));
        return;
      case o.OP_MEMORY_INIT:
      case o.OP_MEMORY_COPY:
      case o.OP_MEMORY_FILL:
      case o.OP_TABLE_INIT:
      case o.OP_TABLE_COPY:
      case o.OP_TABLE_FILL:
        this.#bulk(i, op);
        return;
      default:
        code.instruction(i, body);
    }
  }

  call(i: number, op: number): void {
    const { target, isBounded } = this.#init;
    const { body } = this.#init.plan.flow;
    const callee = body.a[i] as number;
    if (op === o.OP_CALL_INDIRECT) {
      const index = this.#safepoints.code.scratch(I32, 0);
      this.#safepoints.code.set(index);
      this.#safepoints.storeGas();
      this.#suspendingCall(i, () => {
        this.#safepoints.code.get(index);
        this.#safepoints.code.callIndirect(op, target.gasType(callee), target.table(body.b[i] as number));
      });
    } else if (isBounded(callee)) {
      this.#passGas();
      this.#safepoints.code.indexed(o.OP_CALL, target.func(callee));
      this.#safepoints.code.set(this.#init.form.gas);
      this.#safepoints.keepProduced(i);
      this.#safepoints.charge(i);
    } else {
      this.#suspendingCall(i, () => this.#safepoints.code.indexed(o.OP_CALL, target.func(callee)));
    }
  }

  /** A call that may come back with the process stopped: its gas is negative then. */
  #suspendingCall(i: number, call: () => void): void {
    this.#passGas();
    call();
    this.#safepoints.takeGas(i);
    this.#safepoints.charge(i);
  }

  #passGas(): void {
    this.#safepoints.code.get(this.#init.form.gas);
    this.#safepoints.code.get(this.#init.form.depth);
  }

  tailCall(i: number, op: number, functionDepth: number): void {
    const { target, form, frameSlots } = this.#init;
    const { body } = this.#init.plan.flow;
    const { code } = this.#safepoints;
    const index = code.scratch(I32, 0);
    if (op === o.OP_RETURN_CALL_INDIRECT) {
      code.set(index);
      this.#safepoints.storeGas();
    }
    code.get(form.gas);
    code.get(form.depth);
    // The callee takes the place of this frame.
    code.constant(frameSlots);
    code.op(o.OP_I32_ADD);
    if (op === o.OP_RETURN_CALL_INDIRECT) code.get(index);
    if (op === o.OP_RETURN_CALL) code.indexed(form.tailCall ? op : o.OP_CALL, target.func(body.a[i] as number));
    else
      code.callIndirect(
        form.tailCall ? op : o.OP_CALL_INDIRECT,
        target.gasType(body.a[i] as number),
        target.table(body.b[i] as number),
      );
    if (form.tailCall) return;
    code.set(form.gas);
    form.finish(code, functionDepth);
  }

  /** Bulk operations pay for their size before they run, and are a safepoint between the two. */
  #bulk(i: number, op: number): void {
    const { form, target, plan } = this.#init;
    const { code } = this.#safepoints;
    const point = plan.points[plan.pointAt[i] as number] as PlannedPoint;
    const size = this.#safepoints.temporary(point.stack[point.stack.length - 1] as number);
    code.get(form.gas);
    code.bulkCost(op, size);
    code.op(o.OP_I32_SUB);
    code.tee(form.gas);
    code.indexed(o.OP_GLOBAL_SET, target.gasGlobal);
    const number = plan.pointAt[i] as number;
    if (isMove(op)) this.#safepoints.testMove(number, size);
    else this.#safepoints.testGas(number);
    this.bulkOperation(i);
  }

  bulkOperation(i: number): void {
    const { target } = this.#init;
    const { body } = this.#init.plan.flow;
    const op = body.op[i] as number;
    const a = body.a[i] as number;
    const b = body.b[i] as number;
    const { code } = this.#safepoints;
    if (op === o.OP_MEMORY_INIT) code.indexed(o.OP_CALL, target.helper({ kind: "memory.init", index: a }));
    else if (op === o.OP_TABLE_INIT) code.indexed(o.OP_CALL, target.helper({ kind: "table.init", index: a, table: b }));
    else if (op === o.OP_TABLE_COPY) code.misc(op, target.table(a), target.table(b));
    else if (op === o.OP_TABLE_FILL) code.misc(op, target.table(a));
    else code.instruction(i, body);
  }
}
