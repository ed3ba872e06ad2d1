/**
 * The powers of a script, made from the same options as those of a program: by the names under which `caper.power` finds them.
 *
 * @module
 */
import type { JavaScriptPowers } from "../guests/javascript/index.ts";
import type { WasiInit } from "../guests/wasi/index.ts";
import type { Capability } from "../kernel/index.ts";
import {
  type AuditLog,
  capabilityOf,
  type Directory,
  makeClockPower,
  makeDirectoryPower,
  makeEnvironmentPower,
  makeInputPower,
  makeMountedDirectory,
  makeRandomPower,
  makeTimersPower,
  type OutputStream,
  PowerError,
  powerErrorCode,
} from "../powers/index.ts";
import { plainPath } from "./endowments.ts";
import { CliError } from "./errors.ts";

export interface ScriptEndowments {
  readonly powers: JavaScriptPowers;
  readonly endowments: { readonly [name: string]: Capability };
}

export interface ScriptInit {
  readonly environment: { readonly [name: string]: string };
  /** What the script is called in the log. */
  readonly name: string;
  readonly audit: AuditLog;
  /** Of its packages; see confined-powers.ts. */
  readonly confined: { readonly [name: string]: Capability };
}

export function endowScript(given: WasiInit, { environment, name, audit, confined }: ScriptInit): ScriptEndowments {
  const { stdin, clock, random, directories = {} } = given;
  const powers: { [name: string]: object } = {};
  if (stdin !== undefined) powers.input = makeInputPower(stdin);
  if (Object.keys(directories).length > 0) powers.directory = makeDirectoryPower(mount(directories));
  if (Object.keys(environment).length > 0) powers.environment = makeEnvironmentPower(environment);
  if (random !== undefined) powers.random = makeRandomPower(random);
  if (clock !== undefined) {
    powers.clock = makeClockPower(clock);
    powers.timers = makeTimersPower(clock);
  }
  const holder = { audit, process: name };
  const endowments = Object.entries(powers).map(([name, power]) => [name, capabilityOf(power, holder)]);
  return { powers: enginePowers(given), endowments: { ...Object.fromEntries(endowments), ...confined } };
}

/** By the guest's paths, which may be written as absolute ones. */
function mount(directories: NonNullable<WasiInit["directories"]>): Directory {
  const mounts = Object.entries(directories).map(([path, directory]) => [plainPath(path), directory] as const);
  // One folder as the root of all is that folder.
  const [first] = mounts;
  if (mounts.length === 1 && first?.[0] === "") return first[1];
  try {
    return makeMountedDirectory(Object.fromEntries(mounts));
  } catch (error) {
    if (powerErrorCode(error) === undefined) throw error;
    throw new CliError("usage", "--dir: a script sees all its folders below one root: none can lie inside of another");
  }
}

/** A script's console has no way to fail: lines that nobody can take are lost, as in Node. */
function enginePowers({ stdout, stderr, clock, random }: WasiInit): JavaScriptPowers {
  return {
    ...(stdout === undefined ? {} : { stdout: withoutFailure(stdout) }),
    ...(stderr === undefined ? {} : { stderr: withoutFailure(stderr) }),
    ...(clock === undefined ? {} : { clock }),
    ...(random === undefined ? {} : { random }),
  };
}

function withoutFailure(output: OutputStream): OutputStream {
  return {
    ...output,
    write: (bytes) => {
      try {
        return output.write(bytes);
      } catch (error) {
        if (error instanceof PowerError) return bytes.length;
        throw error;
      }
    },
  };
}
