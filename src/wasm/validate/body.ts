/**
 * Validates function bodies, one after another with the same stacks: the loop of the specification's algorithm
 * (appendix 7.3). Most instructions have fixed types and are handled by table; the others by control.ts and variables.ts.
 * @module
 */

import { InstructionCursor } from "../cursor.ts";
import { locateError, quoteName, WasmError } from "../errors.ts";
import { LOCALS_MAX } from "../limits.ts";
import type { FunctionBody, FunctionType, WasmModule } from "../module.ts";
import { functionName } from "../names.ts";
import { I32_CONST, IMMEDIATES, NAMES, NONE, OP_BLOCK, OP_LOCAL_GET, OP_LOCAL_TEE } from "../opcodes.ts";
import { type BodyState, typeOfFunction } from "./body-state.ts";
import { checkControl, isControl } from "./control.ts";
import { checkImmediates } from "./immediates.ts";
import { CONTEXTUAL, PARAM_COUNTS, PARAMS, PARAMS_STRIDE, RESULTS } from "./signatures.ts";
import { TypeStack } from "./type-stack.ts";
import { checkLocal, checkVariable } from "./variables.ts";

export function validateBodies(module: WasmModule, declared: Uint8Array): void {
  const stack = new TypeStack();
  const locals = new Uint8Array(LOCALS_MAX);
  module.bodies.forEach((body, i) => {
    const func = module.importedFunctions + i;
    const type = typeOfFunction(module, func);
    const localCount = fillLocals(locals, type, body);
    const cursor = new InstructionCursor(module.bytes, body.codeStart, body.end);
    stack.reset();
    try {
      validateBody({ module, declared, stack, cursor, type, locals, localCount });
    } catch (error) {
      const name = functionName(module, func);
      const place = `code section: function ${func}${name === undefined ? "" : ` ${quoteName(name)}`}`;
      throw locateError(locateInstruction(error, cursor), place);
    }
  });
}

/** Checks of types know neither the instruction nor its offset: they are added here. */
function locateInstruction(error: unknown, cursor: InstructionCursor): unknown {
  if (!(error instanceof WasmError) || error.offset !== undefined) return error;
  return new WasmError(error.code, `${NAMES[cursor.opcode]}: ${error.message}`, cursor.offset);
}

function fillLocals(locals: Uint8Array, type: FunctionType, body: FunctionBody): number {
  locals.set(type.params);
  let at = type.params.length;
  for (const run of body.locals) {
    locals.fill(run.type, at, at + run.count);
    at += run.count;
  }
  return at;
}

function validateBody(state: BodyState): void {
  const { stack, cursor, type } = state;
  stack.open(OP_BLOCK, { params: [], results: type.results });
  while (cursor.next()) {
    const opcode = cursor.opcode;
    const paramCount = PARAM_COUNTS[opcode] as number;
    if (paramCount !== CONTEXTUAL) {
      const kind = IMMEDIATES[opcode] as number;
      if (kind !== NONE && kind !== I32_CONST) checkImmediates(state, kind);
      const first = opcode * PARAMS_STRIDE;
      for (let i = first + paramCount - 1; i >= first; i--) stack.expect(PARAMS[i] as number);
      const result = RESULTS[opcode] as number;
      if (result !== 0) stack.push(result);
    } else if (opcode >= OP_LOCAL_GET && opcode <= OP_LOCAL_TEE) {
      checkLocal(state);
    } else if (isControl(opcode)) {
      checkControl(state);
      if (stack.depth === 0) break;
    } else {
      checkVariable(state);
    }
  }
  if (stack.depth > 0) throw new WasmError("malformed", "the body has no end", cursor.end);
  if (!cursor.done) throw new WasmError("malformed", "code is left over after the function's end", cursor.position);
}
