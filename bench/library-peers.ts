/**
 * The other ways to load a library that the library bench measures Caper beside. Each is used as its documentation shows.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Loaded, Way } from "./library.ts";

const MEMORY_MB = 64;
type Exports = Loaded["exports"];

/** undefined where it has no binary for this machine. */
export async function makeIsolatedVm(): Promise<Way | undefined> {
  let ivm: typeof import("isolated-vm");
  try {
    ivm = (await import("isolated-vm")).default as unknown as typeof import("isolated-vm");
  } catch {
    return undefined;
  }
  return {
    name: "isolated-vm",
    async load(source) {
      const isolate = new ivm.Isolate({ memoryLimit: MEMORY_MB });
      const context = isolate.createContextSync();
      const module = isolate.compileModuleSync(source);
      module.instantiateSync(context, () => {
        throw new Error("the bundle imports nothing");
      });
      module.evaluateSync();
      const { namespace } = module;
      const call = (name: string): Exports[string] => {
        const fn = namespace.getSync(name, { reference: true }) as import("isolated-vm").Reference;
        return (...args) =>
          fn.applySync(
            undefined,
            (args as unknown[]).map((arg) => (typeof arg === "function" ? new ivm.Callback(arg as never) : arg)),
            {
              arguments: { copy: true },
              result: { copy: true },
            },
          );
      };
      const exports: Exports = new Proxy(
        {},
        { get: (known: { [name: string]: Exports[string] }, name: string) => (known[name] ??= call(name)) },
      );
      return { exports, dispose: () => isolate.dispose() };
    },
  };
}

export async function makeQuickJs(): Promise<Way> {
  const { getQuickJS } = await import("quickjs-emscripten");
  const quickjs = await getQuickJS();
  type Handle = ReturnType<ReturnType<typeof quickjs.newContext>["newNumber"]>;
  return {
    name: "quickjs-emscripten",
    async load(source) {
      const context = quickjs.newContext();
      const namespace = context.unwrapResult(context.evalCode(source, "library.js", { type: "module" }));
      const toGuest = (value: unknown): Handle => {
        if (typeof value === "number") return context.newNumber(value);
        if (typeof value === "string") return context.newString(value);
        if (typeof value === "function") {
          return context.newFunction("callback", (...args) => toGuest(value(...args.map((arg) => context.dump(arg)))));
        }
        // Its documentation has no form for objects; JSON is what its users do.
        return context.unwrapResult(context.evalCode(`(${JSON.stringify(value)})`));
      };
      const exports: Exports = new Proxy(
        {},
        {
          get: (known: { [name: string]: Exports[string] }, name: string) => {
            known[name] ??= (...args) => {
              const handles = (args as unknown[]).map(toGuest);
              const fn = context.getProp(namespace, name);
              const result = context.unwrapResult(context.callFunction(fn, context.undefined, ...handles));
              const value = context.dump(result);
              for (const handle of [fn, result, ...handles]) handle.dispose();
              return value;
            };
            return known[name];
          },
        },
      );
      return {
        exports,
        dispose() {
          namespace.dispose();
          context.dispose();
        },
      };
    },
  };
}

/** Each load is of another file, since Node keeps what it has imported. */
export function makePlainNode(folder: string): Way {
  let count = 0;
  return {
    name: "plain Node",
    async load(source) {
      const file = join(folder, `library-${count++}.mjs`);
      writeFileSync(file, source);
      return { exports: (await import(pathToFileURL(file).href)) as Exports, dispose() {} };
    },
  };
}
