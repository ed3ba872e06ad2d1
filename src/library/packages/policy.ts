/**
 * `caper.policy.json`: which powers and how much each package may have. A package with an entry runs in a process of its own; one
 * without shares that of its importer. The parser is strict: what it does not know is a mistake, not a wish.
 *
 * @module
 */
import type { PackagePolicy, Policy } from "../bundle.ts";
import { packageNameOf } from "./specifier.ts";

export const POLICY_FILE = "caper.policy.json";
export const POLICY_VERSION = 1;
export const POLICY_LENGTH_MAX: number = 1 << 20;
export const POLICY_PACKAGES_MAX = 2_000;
/** Origins, variables, methods: of one power. */
export const POLICY_ITEMS_MAX = 1_000;

/** Something in a policy that is not as it must be; the message begins with its place. */
export class PolicyError extends Error {
  /** Such as `packages.got.powers.http.origins[0]`. */
  readonly path: string;

  constructor(path: string, message: string) {
    super(`${POLICY_FILE}: ${path === "" ? "" : `${path}: `}${message}`);
    this.name = "PolicyError";
    this.path = path;
  }
}

type Check = (value: unknown, path: string) => void;

const show = (value: unknown): string => {
  const text =
    typeof value === "object" && value !== null
      ? Array.isArray(value)
        ? "a list"
        : "an object"
      : JSON.stringify(value);
  return text === undefined ? String(value) : text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

const amount: Check = (value, path) => {
  if (!Number.isSafeInteger(value) || Number(value) < 0)
    throw new PolicyError(path, `expected a whole number, got ${show(value)}`);
};
const text: Check = (value, path) => {
  if (typeof value !== "string" || value === "") throw new PolicyError(path, `expected a text, got ${show(value)}`);
};
const flag: Check = (value, path) => {
  if (typeof value !== "boolean") throw new PolicyError(path, `expected true or false, got ${show(value)}`);
};
const texts: Check = (value, path) => {
  if (!Array.isArray(value)) throw new PolicyError(path, `expected a list of texts, got ${show(value)}`);
  if (value.length > POLICY_ITEMS_MAX)
    throw new PolicyError(path, `at most ${POLICY_ITEMS_MAX} items, got ${value.length}`);
  value.forEach((item, index) => {
    text(item, `${path}[${index}]`);
  });
};

function record(fields: { readonly [name: string]: Check }, needed: readonly string[] = []): Check {
  return (value, path) => {
    const at = (name: string): string => (path === "" ? name : `${path}.${name}`);
    if (!isRecord(value)) throw new PolicyError(path, `expected an object, got ${show(value)}`);
    for (const [name, item] of Object.entries(value)) {
      const check = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (check === undefined)
        throw new PolicyError(at(name), `is not known here; known are ${Object.keys(fields).join(", ")}`);
      check(item, at(name));
    }
    for (const name of needed) if (!Object.hasOwn(value, name)) throw new PolicyError(at(name), "is missing");
  };
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `true`, or what the power is to be made with. */
const orTrue =
  (check?: Check): Check =>
  (value, path) => {
    if (value === true) return;
    if (check === undefined)
      throw new PolicyError(path, `expected true, got ${show(value)}; to deny a power, leave it out`);
    check(value, path);
  };

const rate = record({ requests: amount, bytes: amount, perMs: amount }, ["perMs"]);

/** The names of docs/powers.md, and the options with which each is made. A directory is given by a path from the policy's own folder. */
const POWERS: { readonly [name: string]: Check } = {
  console: orTrue(),
  clock: orTrue(),
  timers: orTrue(),
  random: orTrue(),
  environment: record({ names: texts }, ["names"]),
  directory: record({ path: text, readOnly: flag, quota: record({ bytes: amount, entries: amount }) }, ["path"]),
  http: record(
    {
      origins: texts,
      methods: texts,
      responseBytesMax: amount,
      requestBytesMax: amount,
      redirectsMax: amount,
      timeoutMs: amount,
      requestsAtOnceMax: amount,
      rate,
    },
    ["origins"],
  ),
  store: orTrue(record({ prefix: text, path: text })),
  packages: orTrue(),
};

/** Those that a policy can grant. */
export const POWER_NAMES: readonly string[] = Object.freeze(Object.keys(POWERS));

const BUDGET = { gas: amount, memoryBytes: amount, gasPerCall: amount };
const checkPackage = record({ powers: record(POWERS), ...BUDGET });

const checkPackages: Check = (value, path) => {
  if (!isRecord(value)) throw new PolicyError(path, `expected an object, got ${show(value)}`);
  const names = Object.keys(value);
  if (names.length > POLICY_PACKAGES_MAX)
    throw new PolicyError(path, `at most ${POLICY_PACKAGES_MAX} packages, got ${names.length}`);
  for (const name of names) {
    if (packageNameOf(name) !== name)
      throw new PolicyError(`${path}[${JSON.stringify(name)}]`, "is not the name of a package");
    checkPackage(value[name], /^[\w$]+$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`);
  }
};

const checkPolicy = record({ version: amount, defaults: record(BUDGET), packages: checkPackages }, [
  "version",
  "packages",
]);

/** From the text of the file, or from what it says. Budgets that an entry leaves out are those of `defaults`. */
export function parsePolicy(source: unknown): Policy {
  const value = typeof source === "string" ? readJson(source) : source;
  checkPolicy(value, "");
  if (!isRecord(value)) throw new PolicyError("", "expected an object");
  if (value.version !== POLICY_VERSION) {
    throw new PolicyError(
      "version",
      `expected ${POLICY_VERSION}, got ${show(value.version)}: another version of Caper wrote it`,
    );
  }
  // Checked above, field by field.
  const { defaults = {}, packages } = value as {
    readonly defaults?: PackagePolicy;
    readonly packages: Policy["packages"];
  };
  const entries = Object.entries(packages).map(
    ([name, entry]) => [name, Object.freeze({ ...defaults, ...entry })] as const,
  );
  return Object.freeze({ packages: Object.freeze(Object.fromEntries(entries)) });
}

function readJson(source: string): unknown {
  if (source.length > POLICY_LENGTH_MAX)
    throw new PolicyError("", `at most ${POLICY_LENGTH_MAX} characters, got ${source.length}`);
  try {
    return JSON.parse(source);
  } catch (error) {
    throw new PolicyError("", `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** As a file: names sorted, so that the same policy is the same text. */
export function formatPolicy(policy: Policy): string {
  const packages = Object.fromEntries(Object.entries(policy.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ version: POLICY_VERSION, packages }, null, 2)}\n`;
}
