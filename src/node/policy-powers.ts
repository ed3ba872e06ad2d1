/**
 * The powers that an entry of a policy names, made of what this machine has. Paths count from the policy's own folder; what an entry
 * does not name is not made.
 *
 * @module
 */
import { resolve } from "node:path";
import { makePackagesPower, type PackagePolicy, type PackageSource, PolicyError } from "../library/index.ts";
import {
  type HttpPowerOptions,
  makeClockPower,
  makeConsolePower,
  makeDirectoryPower,
  makeEnvironmentPower,
  makeMemoryStore,
  makeRandomPower,
  makeStorePower,
  makeStreamConsole,
  makeTimersPower,
  type Quota,
} from "../powers/index.ts";
import {
  makeNodeClock,
  makeNodeDirectory,
  makeNodeHttpPower,
  makeNodeOutput,
  makeNodeRandom,
  makeNodeStore,
} from "./powers/index.ts";

export interface PolicyPowersInit {
  /** Of the policy file: what its paths start from. */
  readonly folder: string;
  /** For `packages`. Without it that power cannot be granted. */
  readonly packages?: PackageSource;
  /** Default: that of this process; only the variables that the policy names are read. */
  readonly environment?: { readonly [name: string]: string | undefined };
}

export interface PolicyPowers extends Disposable {
  /** As `importLibrary` takes them. */
  readonly powers: { readonly [name: string]: object };
}

/** Of an entry that `parsePolicy` has read. Throws `PolicyError` for what this machine does not have, such as a folder. */
export function makePolicyPowers(granted: PackagePolicy["powers"], init: PolicyPowersInit): PolicyPowers {
  using stack = new DisposableStack();
  const powers = Object.entries(granted ?? {}).map(([name, setting]) => {
    const make = Object.hasOwn(MAKERS, name) ? MAKERS[name] : undefined;
    if (make === undefined) throw new PolicyError(name, `is no power; known are ${Object.keys(MAKERS).join(", ")}`);
    try {
      return [name, make(settingOf(setting), { ...init, stack })] as const;
    } catch (error) {
      if (error instanceof PolicyError) throw error;
      throw new PolicyError(name, error instanceof Error ? error.message : String(error));
    }
  });
  const owned = stack.move();
  return Object.freeze({ powers: Object.fromEntries(powers), [Symbol.dispose]: () => owned.dispose() });
}

type Setting = { readonly [name: string]: unknown };
type Maker = (setting: Setting, context: PolicyPowersInit & { readonly stack: DisposableStack }) => object;

/** `true` is a power without settings. */
function settingOf(setting: unknown): Setting {
  return typeof setting === "object" && setting !== null ? { ...setting } : {};
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function quotaOf({ bytes, entries }: Setting): Quota {
  return {
    ...(typeof bytes === "number" ? { bytesMax: bytes } : {}),
    ...(typeof entries === "number" ? { entriesMax: entries } : {}),
  };
}

const MAKERS: { readonly [name: string]: Maker } = {
  console: () => makeConsolePower(makeStreamConsole(makeNodeOutput(process.stdout), makeNodeOutput(process.stderr))),
  clock: () => makeClockPower(makeNodeClock()),
  timers: () => makeTimersPower(makeNodeClock()),
  random: () => makeRandomPower(makeNodeRandom()),
  // The policy's parser has checked the fields.
  environment: ({ names }, { environment = process.env }) =>
    makeEnvironmentPower(environment, { names: (names ?? []) as readonly string[] }),
  http: (setting) => makeNodeHttpPower(setting as unknown as HttpPowerOptions),
  directory({ path, readOnly, quota }, { folder, stack }) {
    const directory = stack.use(
      makeNodeDirectory(resolve(folder, textOf(path) ?? "."), { readOnly: readOnly === true }),
    );
    return makeDirectoryPower(directory, quota === undefined ? {} : { quota: quotaOf(settingOf(quota)) });
  },
  store({ path, prefix }, { folder, stack }) {
    const place = textOf(path);
    const store = place === undefined ? makeMemoryStore() : stack.use(makeNodeStore(resolve(folder, place)));
    const part = textOf(prefix);
    return makeStorePower(store, part === undefined ? {} : { prefix: part });
  },
  packages(_setting, { packages }) {
    if (packages === undefined)
      throw new PolicyError("packages", "cannot be granted here: there is nothing to import from");
    return makePackagesPower(packages);
  },
};
