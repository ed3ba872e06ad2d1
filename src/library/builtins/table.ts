/**
 * Node's built-in modules, and which of them exist for a library: as code of its own process, over the powers that it was given.
 *
 * @module
 */

export interface Builtin {
  /** A file beside this one, without extension, whose default export is the module; or a CommonJS module of a package. */
  readonly shim?: string;
  readonly package?: string;
  /** Powers that it draws on. Without them it loads, and what needs them throws. */
  readonly powers?: readonly string[];
}

/** By the name without `node:`. */
export const BUILTINS: { readonly [name: string]: Builtin } = {};

/** What has no form here but would be reached through a power, were there one. */
const POWER_OF_MISSING: { readonly [name: string]: string } = {
  http: "http",
  https: "http",
  http2: "http",
};

const NODE_MODULES = new Set(
  (
    "assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain events fs http http2 " +
    "https inspector module net os path perf_hooks process punycode querystring readline repl sea sqlite stream string_decoder sys test " +
    "timers tls trace_events tty url util v8 vm wasi worker_threads zlib"
  ).split(" "),
);

/** The name of a built-in without `node:`, or undefined: `node:fs/promises` gives `fs/promises`; a trailing slash means a package. */
export function builtinNameOf(specifier: string): string | undefined {
  if (specifier.startsWith("node:")) return specifier.slice(5);
  const [first = "", second] = specifier.split("/");
  return NODE_MODULES.has(first) && second !== "" ? specifier : undefined;
}

export function powerOfMissing(name: string): string | undefined {
  return POWER_OF_MISSING[name.split("/")[0] ?? ""];
}
