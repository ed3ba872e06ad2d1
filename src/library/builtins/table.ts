/**
 * Node's built-in modules, and which of them exist for a library: as code of its own process, over the powers that it was given.
 *
 * @module
 */

export interface Builtin {
  /** A file in `guest/`, without extension, whose default export is the module. */
  readonly shim?: string;
  /** Or a CommonJS module of a package that Caper depends on. */
  readonly package?: string;
  /** Powers that it draws on. Without them it loads, and what needs them throws. */
  readonly powers?: readonly string[];
}

/** By the name without `node:`. */
export const BUILTINS: { readonly [name: string]: Builtin } = {
  assert: { shim: "assert" },
  "assert/strict": { shim: "assert-strict" },
  buffer: { package: "buffer/" },
  console: { shim: "console", powers: ["console"] },
  crypto: { shim: "crypto", powers: ["random"] },
  events: { package: "events/" },
  fs: { shim: "fs", powers: ["directory"] },
  "fs/promises": { shim: "fs-promises", powers: ["directory"] },
  os: { shim: "os" },
  path: { package: "path-browserify" },
  "path/posix": { package: "path-browserify" },
  perf_hooks: { shim: "perf-hooks", powers: ["clock"] },
  process: { shim: "process", powers: ["environment", "console"] },
  querystring: { shim: "querystring" },
  stream: { package: "readable-stream/lib/stream" },
  "stream/promises": { package: "readable-stream/lib/stream/promises" },
  string_decoder: { package: "string_decoder/" },
  sys: { shim: "util" },
  timers: { shim: "timers", powers: ["timers"] },
  "timers/promises": { shim: "timers-promises", powers: ["timers"] },
  tty: { shim: "tty" },
  url: { shim: "url" },
  util: { shim: "util" },
  "util/types": { shim: "util-types" },
};

/** A global that packages expect beside those of the language. */
export interface Global {
  /** A file in `guest/`, or a built-in, that exports it. */
  readonly from: string;
  readonly as?: string;
  readonly powers?: readonly string[];
}

/**
 * Each is part of a bundle only if something in it uses the name, or the member of one; then it is a property of the global object, too. In this order:
 * what the later ones rest on comes first.
 */
export const GLOBALS: { readonly [name: string]: Global } = {
  TextDecoder: { from: "./text-decoder" },
  Event: { from: "./event-target" },
  CustomEvent: { from: "./event-target" },
  EventTarget: { from: "./event-target" },
  AbortSignal: { from: "./event-target", powers: ["timers"] },
  AbortController: { from: "./event-target" },
  Buffer: { from: "buffer" },
  process: { from: "./process", powers: ["environment", "console"] },
  setImmediate: { from: "./timers" },
  clearImmediate: { from: "./timers" },
  crypto: { from: "./web-crypto", as: "webcrypto", powers: ["random"] },
  "crypto.subtle": { from: "./crypto", as: "subtle" },
  localStorage: { from: "./storage", powers: ["store"] },
  URL: { from: "./web-url" },
  URLSearchParams: { from: "./web-url" },
  Headers: { from: "./fetch" },
  Request: { from: "./fetch" },
  Response: { from: "./fetch" },
  fetch: { from: "./fetch", powers: ["http"] },
  ...Object.fromEntries(
    ["$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "lastMatch", "lastParen", "leftContext", "rightContext"].map(
      (name) => [`RegExp.${name}`, { from: "./regexp-statics", as: name }],
    ),
  ),
};

/** What has no form here: the power through which its purpose can be reached, if there is one. */
const POWER_OF_MISSING: { readonly [name: string]: string } = { http: "http", https: "http", http2: "http" };

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

/** Of a built-in that does not exist here: what to use in its place. */
export function powerOfMissing(name: string): string | undefined {
  return POWER_OF_MISSING[name.split("/")[0] ?? ""];
}
