/**
 * What runs in the process of `caper try`'s prompt, beside the library: it imports the library with less than it has, and evaluates what
 * is typed. Nothing that a library answers comes into the realm of the command line but as text.
 *
 * @module
 */

export const PROMPT_MODULE = "prompt.js";

export const PROMPT_SOURCE = `
let library;
const evaluate = eval;

export const start = async (specifier, variable, budget, powerNames) => {
  const powers = {};
  for (const name of powerNames) powers[name] = caper.power(name);
  const namespace = await importLibrary(specifier, { ...budget, powers });
  library = caper.libraryOf(namespace);
  const names = Object.keys(namespace);
  globalThis[variable] = names.length === 1 && names[0] === "default" ? namespace.default : namespace;
  return names;
};

const show = async (value) => {
  globalThis._ = await value;
  if (globalThis._ !== undefined) console.log(globalThis._);
};

// A declaration is to outlive its line, and an object literal is no block.
const asExpression = (source) => {
  const declared = /^(?:const|let|var)\\s+([\\w$]+)\\s*=\\s*([^]+?);?\\s*$/.exec(source);
  const [name, text] = declared === null ? [undefined, source] : [declared[1], declared[2]];
  const isObject = /^\\s*\\{[^]*\\}\\s*$/.test(text);
  return { name, text: isObject ? "(" + text + ")" : text };
};

export const run = async (source) => {
  const { name, text } = asExpression(source);
  const waits = /\\bawait\\b/.test(text);
  const value = await evaluate(waits ? "(async () => (" + text.replace(/;\\s*$/, "") + "))()" : text);
  if (name === undefined) return await show(value);
  globalThis[name] = value;
};

export const meter = () => library.meter();
export const refill = (gas) => { library.refill({ gas }); };
// The promise of the call that was interrupted, also after the second refill for the same call.
let resumed;
export const resume = () => {
  const result = library.resume();
  resumed ??= show(result).finally(() => { resumed = undefined; });
  return resumed;
};
export const isStopped = () => {
  try {
    return library.inspect().status.state === "stopped";
  } catch {
    return false;
  }
};
`;

/** The variable that a package is found under: `fast-xml-parser` is `fastXmlParser`. */
export function variableOf(name: string): string {
  const words = name.replace(/^@[^/]*\//, "").split(/[^A-Za-z0-9_$]+/);
  const joined = words
    .filter((word) => word !== "")
    .reduce((all, word) => all + word.charAt(0).toUpperCase() + word.slice(1), "");
  const variable = joined.charAt(0).toLowerCase() + joined.slice(1);
  return /^[A-Za-z_$]/.test(variable) ? variable : `_${variable}`;
}
