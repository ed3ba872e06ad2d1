/**
 * The same package in isolated-vm: an isolate of V8 in this process. It has no membrane, so the example's call runs inside, and one call
 * of a function without arguments crosses. Packages that need Node's built-in modules do not load there.
 *
 * @module
 */
import { join } from "node:path";
import { build } from "esbuild";
import type { Example } from "./example.ts";
import { measure } from "./measure.ts";
import { COMPAT_FOLDER, entryOf } from "./project.ts";

const MEMORY_MB = 512;

export interface IsolatedOutcome {
  readonly loadMs: number;
  readonly callMicros: number;
}

async function bundleForBrowsers(name: string, example: Example): Promise<string> {
  const specifier = entryOf(name, example) ?? name;
  const examples = join(import.meta.dirname, "examples", `${name}.ts`);
  const contents =
    `import * as library from ${JSON.stringify(specifier)}; import { call } from ${JSON.stringify(examples)};\n` +
    "export const run = () => { const result = call(library); return result instanceof Promise ? result.then(() => 0) : 0; };";
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: COMPAT_FOLDER },
    absWorkingDir: COMPAT_FOLDER,
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    mainFields: ["module", "main"],
    define: { global: "globalThis" },
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}

/** Undefined where isolated-vm has no binary for this machine, or the package does not load in it. */
export async function measureIsolated(name: string, example: Example): Promise<IsolatedOutcome | undefined> {
  try {
    const { default: ivm } = await import("isolated-vm");
    const text = await bundleForBrowsers(name, example);
    const start = performance.now();
    const isolate = new ivm.Isolate({ memoryLimit: MEMORY_MB });
    try {
      const context = isolate.createContextSync();
      const module = isolate.compileModuleSync(text);
      module.instantiateSync(context, (specifier: string) => {
        throw new Error(`no module ${specifier}`);
      });
      module.evaluateSync();
      const run = module.namespace.getSync("run", { reference: true });
      const loadMs = performance.now() - start;
      const isAsync = example.call.constructor.name === "AsyncFunction";
      const callMicros = await measure(
        isAsync ? () => run.apply(undefined, [], { result: { promise: true } }) : () => run.applySync(undefined, []),
      );
      return { loadMs, callMicros };
    } finally {
      isolate.dispose();
    }
  } catch {
    return undefined;
  }
}
