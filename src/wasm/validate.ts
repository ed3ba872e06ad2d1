/**
 * Validation (specification, chapter 3): everything that an engine would check before it runs a module. What passes
 * here needs no check of indices or types in any later pass.
 * @module
 */

import { locateError, quoteName, WasmError } from "./errors.ts";
import { type ElementSegment, type Export, I32, valueTypeName, type WasmModule } from "./module.ts";
import { validateBodies } from "./validate/body.ts";
import { elementTypeOfTable, itemAt, typeOfFunction } from "./validate/body-state.ts";
import { type ConstContext, checkGlobal, validateConstExpr } from "./validate/constants.ts";
import { TypeStack } from "./validate/type-stack.ts";

/** Throws a `WasmError` that says what is wrong where. */
export function validateModule(module: WasmModule): void {
  /** By function: 1 where code may take a reference of it. */
  const declared = new Uint8Array(module.functions.length);
  const context: ConstContext = { module, declared, stack: new TypeStack() };
  checkTypes(module);
  checkGlobals(context);
  checkExports(module, declared);
  checkStart(module);
  checkElements(context);
  checkData(context);
  validateBodies(module, declared);
}

/** Runs the checks of each item and says in an error which item it was. */
function forEach<T>(items: readonly T[], place: string, check: (item: T, index: number) => void): void {
  items.forEach((item, index) => {
    try {
      check(item, index);
    } catch (error) {
      throw locateError(error, `${place} ${index}`);
    }
  });
}

function checkTypes(module: WasmModule): void {
  forEach(module.imports, "import section: import", (item) => {
    if (item.kind === "func") itemAt(module.types, item.type, "type");
    if (item.kind === "tag") checkTag(module, item.type);
  });
  forEach(module.functions, "function section: function", (type) => {
    itemAt(module.types, type, "type");
  });
  forEach(module.tags, "tag section: tag", (type) => checkTag(module, type));
}

function checkTag(module: WasmModule, index: number): void {
  const type = itemAt(module.types, index, "type");
  if (type.results.length > 0) throw new WasmError("invalid", "the type of a tag has no results");
}

function checkGlobals(context: ConstContext): void {
  const { module } = context;
  forEach(module.globalInits, "global section: global", (init, index) => {
    if (init === undefined) return;
    const { type } = itemAt(module.globals, index, "global");
    validateConstExpr(context, init, type, index);
  });
}

function checkExports(module: WasmModule, declared: Uint8Array): void {
  const names = new Set<string>();
  forEach(module.exports, "export section: export", (item) => {
    itemAt(indexSpace(module, item.kind), item.index, item.kind === "func" ? "function" : item.kind);
    if (item.kind === "func") declared[item.index] = 1;
    if (names.has(item.name)) throw new WasmError("invalid", `the name ${quoteName(item.name)} is exported twice`);
    names.add(item.name);
  });
}

function indexSpace(module: WasmModule, kind: Export["kind"]): readonly unknown[] {
  switch (kind) {
    case "func":
      return module.functions;
    case "table":
      return module.tables;
    case "memory":
      return module.memories;
    case "global":
      return module.globals;
    case "tag":
      return module.tags;
  }
}

function checkStart(module: WasmModule): void {
  if (module.start === undefined) return;
  try {
    const type = typeOfFunction(module, module.start);
    if (type.params.length > 0 || type.results.length > 0) {
      throw new WasmError("invalid", `function ${module.start} has parameters or results, a start function has none`);
    }
  } catch (error) {
    throw locateError(error, "start section");
  }
}

function checkElements(context: ConstContext): void {
  const { module, declared } = context;
  forEach(module.elements, "element section: element segment", (segment) => {
    if (segment.mode === "active") {
      const element = elementTypeOfTable(module, segment.table);
      if (element !== segment.type) {
        const fault = `table ${segment.table} holds ${valueTypeName(element)}`;
        throw new WasmError("invalid", `${fault}, the segment ${valueTypeName(segment.type)}`);
      }
    }
    if (segment.offset !== undefined) validateConstExpr(context, segment.offset, I32);
    checkItems(module, segment, declared);
  });
}

function checkItems(module: WasmModule, segment: ElementSegment, declared: Uint8Array): void {
  for (const item of segment.items) {
    if (item === null) continue;
    if (typeof item === "number") {
      itemAt(module.functions, item, "function");
      declared[item] = 1;
      continue;
    }
    checkGlobal(module, item.global, module.globals.length);
    const { type } = itemAt(module.globals, item.global, "global");
    if (type !== segment.type) {
      const fault = `global ${item.global} is ${valueTypeName(type)}`;
      throw new WasmError("invalid", `${fault}, the segment holds ${valueTypeName(segment.type)}`);
    }
  }
}

function checkData(context: ConstContext): void {
  const { module } = context;
  forEach(module.data, "data section: data segment", (segment) => {
    if (segment.offset === undefined) return;
    itemAt(module.memories, segment.memory, "memory");
    validateConstExpr(context, segment.offset, I32);
  });
}
