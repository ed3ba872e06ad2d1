/**
 * Modules that stand for what is not among a package's files: built-ins of Node, packages that run in a process of their own, and
 * what is missing, which throws when it is required, or, where it is imported, when it is used.
 *
 * @module
 */

/** What esbuild calls the modules of a kind; the bundle's comments show it. */
export const Namespace = {
  builtin: "caper-builtin",
  confined: "caper-confined",
  missing: "caper-missing",
  entry: "caper-entry",
  shim: "caper-shim",
} as const;

const quote = (value: unknown): string => JSON.stringify(value);

/** Node's form of the error, so that packages recognise it. */
function notFound(sentence: string): string {
  return `Object.assign(new Error(${quote(sentence)}), { code: "MODULE_NOT_FOUND" })`;
}

/** A package or file that is not there: fails as in Node, when it is loaded. */
export function missingModule(specifier: string, importer: string): string {
  return `throw ${notFound(`Cannot find module '${specifier}': ${importer} does not come with it`)};`;
}

export interface MissingBuiltin {
  readonly name: string;
  readonly importer: string;
  /** What would provide it; undefined: nothing does. */
  readonly power: string | undefined;
}

function missingSentence({ name, importer, power }: MissingBuiltin): string {
  const remedy = power === undefined ? "no power provides it" : `the power "${power}" would provide it`;
  return `${importer} needs Node's built-in "${name}", which does not exist here: ${remedy}`;
}

/** Required: throws at once, as Node does for what is not there, so that a package can go on without it. */
export function missingBuiltinRequired(missing: MissingBuiltin): string {
  const power = missing.power ?? missing.name;
  return `globalThis.caper?.denied?.(${quote(power)}, ${quote(`built-in ${missing.name}`)});
throw ${notFound(missingSentence(missing))};`;
}

/**
 * Imported: an import cannot be caught, so the module loads, and what is taken out of it throws when it is called, or made to a
 * primitive. "then" is left out: the module is no promise.
 */
export function missingBuiltinImported(missing: MissingBuiltin): string {
  const power = missing.power ?? missing.name;
  return `const fail = (member) => {
  globalThis.caper?.denied?.(${quote(power)}, ${quote(`built-in ${missing.name}`)} + member);
  throw Object.assign(new Error(${quote(missingSentence(missing))} + (member && " (used: " + member.slice(1) + ")")), { code: "MODULE_NOT_FOUND" });
};
const member = (path) => new Proxy(function () {}, {
  get: (target, key) => key === "prototype" ? target.prototype : key === "__esModule" ? path === "" : key === Symbol.toPrimitive ? () => fail(path) : typeof key === "symbol" || key === "then" ? undefined : member(path + "." + key),
  getPrototypeOf: (target) => path === "" ? module.exports : Object.getPrototypeOf(target),
  apply: () => fail(path),
  construct: () => fail(path),
});
module.exports = member("");`;
}

/** A package with a process of its own; `names` are its exports, as far as they can be known before it runs. */
export function confinedImported(specifier: string, names: readonly string[]): string {
  const lines = names
    .filter((name) => name !== "default")
    .map((name, index) => `const e${index} = it[${quote(name)}];\nexport { e${index} as ${quote(name)} };`);
  const fallback = names.includes("default") ? ["export default it.default;"] : [];
  return [`const it = globalThis.caper.confined(${quote(specifier)});`, ...lines, ...fallback].join("\n");
}

/** A CommonJS package's `module.exports` is its default export. */
export function confinedRequired(specifier: string, isCommonJs: boolean): string {
  return `module.exports = globalThis.caper.confined(${quote(specifier)})${isCommonJs ? ".default" : ""};`;
}

/** The bundle's entry for a CommonJS module: what Node makes of it. */
export function commonJsEntry(path: string, names: readonly string[]): string {
  const lines = names.map(
    (name, index) => `const e${index} = it[${quote(name)}];\nexport { e${index} as ${quote(name)} };`,
  );
  return [`const it = require(${quote(path)});`, "export default it;", ...lines].join("\n");
}

export function moduleEntry(path: string, hasDefault: boolean): string {
  const lines = [`export * from ${quote(path)};`];
  if (hasDefault) lines.push(`export { default } from ${quote(path)};`);
  return lines.join("\n");
}
