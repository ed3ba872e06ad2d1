/**
 * `process`: the environment over the power of that name, and what packages ask about where they run.
 *
 * @module
 */
import { deny, exit, findPower, unsupported } from "./power.ts";
import { UNREMARKABLE } from "./unremarkable.ts";

const ownVariables = new Map<string, string | undefined>();

function readVariable(name: string): string | undefined {
  if (ownVariables.has(name)) return ownVariables.get(name);
  const environment = findPower("environment");
  if (environment !== undefined) return environment.get?.(name) as string | undefined;
  if (!UNREMARKABLE.has(name)) deny("environment", `process.env.${name}`);
  return undefined;
}

function variableNames(): string[] {
  const environment = findPower("environment");
  if (environment === undefined) deny("environment", "the names of process.env");
  const names = new Set((environment?.names?.() ?? []) as readonly string[]);
  for (const [name, value] of ownVariables) {
    if (value === undefined) names.delete(name);
    else names.add(name);
  }
  return [...names];
}

const env = new Proxy<{ [name: string]: string }>(
  {},
  {
    get: (target, name) => (typeof name === "symbol" ? undefined : (readVariable(name) ?? Reflect.get(target, name))),
    has: (target, name) => (typeof name === "string" && readVariable(name) !== undefined) || Reflect.has(target, name),
    set(_target, name, value) {
      ownVariables.set(String(name), String(value));
      return true;
    },
    deleteProperty(_target, name) {
      ownVariables.set(String(name), undefined);
      return true;
    },
    ownKeys: variableNames,
    getOwnPropertyDescriptor(_target, name) {
      const value = typeof name === "string" ? readVariable(name) : undefined;
      return value === undefined ? undefined : { value, writable: true, enumerable: true, configurable: true };
    },
  },
);

const start = performance.now();
const elapsedNs = (): bigint => BigInt(Math.round((performance.now() - start) * 1e6));

function hrtime(since?: readonly [number, number]): [number, number] {
  const now = elapsedNs() - (since === undefined ? 0n : BigInt(since[0]) * 1_000_000_000n + BigInt(since[1]));
  return [Number(now / 1_000_000_000n), Number(now % 1_000_000_000n)];
}

/** Nothing happens here that anybody could be told of: no signals, no exit that waits for listeners. */
const eventless = {
  on(): unknown {
    return this;
  },
  once(): unknown {
    return this;
  },
  off(): unknown {
    return this;
  },
  addListener(): unknown {
    return this;
  },
  removeListener(): unknown {
    return this;
  },
  removeAllListeners(): unknown {
    return this;
  },
  emit: (): boolean => false,
  listeners: (): unknown[] => [],
  listenerCount: (): number => 0,
};

/** Whole lines go to the console; what has no end of a line yet waits for it. */
function makeStream(write: (line: string) => void): object {
  let rest = "";
  return {
    ...eventless,
    isTTY: false,
    writable: true,
    write(text: unknown): boolean {
      const lines = (rest + String(text)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) write(line);
      return true;
    },
    end(): void {
      if (rest !== "") write(rest);
      rest = "";
    },
  };
}

const process: object = {
  ...eventless,
  title: "caper",
  platform: "caper",
  arch: "wasm32",
  // Some packages take the version apart without asking whether it is there. `versions.node` is what they know Node by.
  version: "v24.0.0",
  versions: { caper: "1" },
  release: { name: "caper" },
  // What packages ask before they reach for Node's own built-ins.
  browser: true,
  pid: 1,
  ppid: 0,
  argv: ["caper", "/index.js"],
  argv0: "caper",
  execArgv: [],
  execPath: "/caper",
  exitCode: undefined,
  features: {},
  config: {},
  env,
  stdout: makeStream((_line) => {}),
  stderr: makeStream((_line) => {}),
  nextTick(callback: (...args: unknown[]) => void, ...args: unknown[]): void {
    queueMicrotask(() => callback(...args));
  },
  hrtime: Object.assign(hrtime, { bigint: elapsedNs }),
  uptime: () => (performance.now() - start) / 1000,
  cwd: () => "/",
  umask: () => 0o22,
  memoryUsage: () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }),
  cpuUsage: () => ({ user: 0, system: 0 }),
  emitWarning: (_warning: unknown) => {},
  exit: (code = 0) => exit(code),
  abort: () => exit(134),
  chdir: () => {
    throw unsupported("process.chdir");
  },
  kill: () => {
    throw unsupported("process.kill");
  },
  binding: () => {
    throw unsupported("process.binding");
  },
};

export { process };
export default process;
