/**
 * What a source file would reach for, by reading it: built-ins, globals, variables of the environment, hosts in its texts, code made
 * out of text. It finds what is written down. What is put together while running it cannot see; a trial run shows that.
 *
 * @module
 */
import { type AnyNode, type Options, parse } from "acorn";
import { builtinNameOf } from "../builtins/index.ts";

export interface SourceAudit {
  /** Built-ins of Node, without `node:`. */
  readonly builtins: readonly string[];
  readonly globals: readonly string[];
  /** Of `process.env`; "*" where it is used in another way than by a name. */
  readonly variables: readonly string[];
  readonly hosts: readonly string[];
  /** "eval", "Function": what makes code out of text. */
  readonly evaluates: readonly string[];
  /** Whether it draws random numbers that are meant to be secret. */
  readonly drawsRandom: boolean;
  /** Whether it could be read at all. */
  readonly isRead: boolean;
}

/** What a package may do with a global is worth a line if it leads out of the language. */
const WATCHED_GLOBALS: ReadonlySet<string> = new Set(
  (
    "process fetch XMLHttpRequest WebSocket EventSource navigator document window location localStorage sessionStorage indexedDB " +
    "setTimeout setInterval setImmediate crypto WebAssembly Worker SharedWorker BroadcastChannel importScripts ethereum chrome"
  ).split(" "),
);
const ROOTS: ReadonlySet<string> = new Set(["globalThis", "global", "window", "self"]);
const RANDOM: ReadonlySet<string> = new Set([
  "randomBytes",
  "randomUUID",
  "randomInt",
  "randomFill",
  "randomFillSync",
  "getRandomValues",
  "webcrypto",
]);
const ADDRESS = /\b(?:https?|wss?|ftp):\/\/((?:[a-z0-9-]+\.)*[a-z0-9-]+|\[[0-9a-f:]+\])(?::\d+)?(?=[/?#:"'`\s]|$)/gi;

const OPTIONS: Options = {
  ecmaVersion: "latest",
  allowHashBang: true,
  allowReturnOutsideFunction: true,
  allowAwaitOutsideFunction: true,
  allowImportExportEverywhere: true,
  allowSuperOutsideMethod: true,
};

/** Of JavaScript; types must be gone. */
export function auditSource(source: string): SourceAudit {
  const found = new Findings();
  const program = read(source);
  if (program !== undefined) {
    declaredNames(program, found.declared);
    walk(program, found);
  }
  const sorted = (names: ReadonlySet<string>): readonly string[] => [...names].sort();
  return {
    builtins: sorted(found.builtins),
    globals: sorted(found.globals),
    variables: sorted(found.variables),
    hosts: sorted(found.hosts),
    evaluates: sorted(found.evaluates),
    drawsRandom: found.drawsRandom,
    isRead: program !== undefined,
  };
}

class Findings {
  readonly builtins = new Set<string>();
  readonly globals = new Set<string>();
  readonly variables = new Set<string>();
  readonly hosts = new Set<string>();
  readonly evaluates = new Set<string>();
  /** Names that the file gives a meaning of its own anywhere: they are taken for none of the globals. */
  readonly declared = new Set<string>();
  /** Of what only matters whether it is there. */
  readonly tested = new Set<AnyNode>();
  drawsRandom = false;
}

function read(source: string): AnyNode | undefined {
  for (const sourceType of ["module", "script"] as const) {
    try {
      return parse(source, { ...OPTIONS, sourceType });
    } catch {
      // The other kind allows what this one does not.
    }
  }
  return undefined;
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

function* childrenOf(node: AnyNode): Generator<AnyNode> {
  for (const value of Object.values(node)) {
    if (isNode(value)) yield value;
    else if (Array.isArray(value)) for (const item of value) if (isNode(item)) yield item;
  }
}

/** All nodes without recursion, which generated code can nest too deeply for. */
function* nodesOf(root: AnyNode): Generator<readonly [AnyNode, AnyNode | undefined]> {
  const stack: (readonly [AnyNode, AnyNode | undefined])[] = [[root, undefined]];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    yield next;
    for (const child of childrenOf(next[0])) stack.push([child, next[0]]);
  }
}

function declaredNames(program: AnyNode, declared: Set<string>): void {
  const declare = (pattern: AnyNode | null | undefined): void => {
    if (pattern == null) return;
    if (pattern.type === "Identifier") declared.add(pattern.name);
    else if (pattern.type === "ObjectPattern" || pattern.type === "ArrayPattern") {
      for (const [node] of nodesOf(pattern)) if (node.type === "Identifier") declared.add(node.name);
    } else if (pattern.type === "AssignmentPattern") declare(pattern.left);
    else if (pattern.type === "RestElement") declare(pattern.argument);
  };
  for (const [node] of nodesOf(program)) {
    if (node.type === "VariableDeclarator") declare(node.id);
    else if (/^(Function|ArrowFunction|Class)/.test(node.type) && "id" in node) declare(node.id);
    else if (/^Import(Default|Namespace)?Specifier$/.test(node.type) && "local" in node) declare(node.local as AnyNode);
    else if (node.type === "CatchClause") declare(node.param);
    if ("params" in node) for (const param of node.params) declare(param);
  }
}

function walk(program: AnyNode, found: Findings): void {
  for (const [node, parent] of nodesOf(program)) {
    noteTested(node, found);
    switch (node.type) {
      case "ImportDeclaration":
      case "ExportNamedDeclaration":
      case "ExportAllDeclaration":
      case "ImportExpression":
        if (node.source != null) noteBuiltin(node.source, found);
        break;
      case "CallExpression":
        if (isName(node.callee, "require")) noteBuiltin(node.arguments[0], found);
        break;
      case "Literal":
        if (typeof node.value === "string") noteHosts(node.value, found);
        break;
      case "TemplateElement":
        noteHosts(node.value.cooked ?? node.value.raw, found);
        break;
      case "MemberExpression":
        noteMember(node, parent, found);
        break;
      case "Identifier":
        noteIdentifier(node.name, parent, node, found);
    }
  }
}

function isName(node: AnyNode | undefined, name: string): boolean {
  return node?.type === "Identifier" && node.name === name;
}

function textOf(node: AnyNode | undefined): string | undefined {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value;
  if (node?.type === "TemplateLiteral" && node.quasis.length === 1) return node.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}

function noteBuiltin(node: AnyNode | undefined, found: Findings): void {
  const specifier = textOf(node);
  const name = specifier === undefined ? undefined : builtinNameOf(specifier);
  if (name !== undefined) found.builtins.add(name);
}

function noteHosts(text: string, found: Findings): void {
  for (const [, host] of text.matchAll(ADDRESS)) if (host?.includes(".")) found.hosts.add(host.toLowerCase());
}

type Member = Extract<AnyNode, { readonly type: "MemberExpression" }>;

function nameOfMember(node: Member): string | undefined {
  if (node.computed) return textOf(node.property);
  return node.property.type === "Identifier" ? node.property.name : undefined;
}

function noteMember(node: Member, parent: AnyNode | undefined, found: Findings): void {
  const name = nameOfMember(node);
  if (name !== undefined && RANDOM.has(name)) found.drawsRandom = true;
  const isRoot = node.object.type === "Identifier" && ROOTS.has(node.object.name);
  if (isRoot && name !== undefined) noteGlobal(name, found);
  if (name !== "env" || !isProcess(node.object)) return;
  // What the variable is, if it says so.
  if (parent?.type === "MemberExpression" && parent.object === node) found.variables.add(nameOfMember(parent) ?? "*");
  else if (parent?.type === "VariableDeclarator" && parent.id.type === "ObjectPattern") {
    for (const property of parent.id.properties) {
      const key = property.type === "Property" && property.key.type === "Identifier" ? property.key.name : "*";
      found.variables.add(key);
    }
  } else if (!found.tested.has(node)) found.variables.add("*");
}

/**
 * As in `process.env && process.env.DEBUG`: whether it is there says nothing of what is in it. What a chain of tests ends in is
 * tested with it, and `if`, `?:`, `!` and `typeof` only test.
 */
function noteTested(node: AnyNode, found: Findings): void {
  let tested: AnyNode | undefined;
  if (node.type === "LogicalExpression" && node.operator === "&&") tested = node.left;
  else if (node.type === "IfStatement" || node.type === "ConditionalExpression") tested = node.test;
  else if (node.type === "UnaryExpression" && /^(!|typeof)$/.test(node.operator)) tested = node.argument;
  while (tested?.type === "LogicalExpression" && tested.operator === "&&") {
    found.tested.add(tested.right);
    tested = tested.left;
  }
  if (tested !== undefined) found.tested.add(tested);
}

function isProcess(node: AnyNode): boolean {
  return isName(node, "process") || (node.type === "MemberExpression" && nameOfMember(node) === "process");
}

function noteIdentifier(name: string, parent: AnyNode | undefined, node: AnyNode, found: Findings): void {
  if (RANDOM.has(name)) found.drawsRandom = true;
  const isProperty = parent?.type === "MemberExpression" && parent.property === node && !parent.computed;
  const isKey =
    parent !== undefined && "key" in parent && parent.key === node && !("shorthand" in parent && parent.shorthand);
  if (isProperty || isKey || found.declared.has(name)) return;
  const isCalled = (parent?.type === "CallExpression" || parent?.type === "NewExpression") && parent.callee === node;
  // As a value Function is harmless: what it is asked for then is whether something is one.
  if (name === "eval" || (name === "Function" && isCalled)) found.evaluates.add(name);
  noteGlobal(name, found);
}

function noteGlobal(name: string, found: Findings): void {
  if (WATCHED_GLOBALS.has(name)) found.globals.add(name);
}
