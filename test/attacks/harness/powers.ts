/**
 * The endowments of a case as powers. Time and randomness are made up, so that two runs are the same run.
 *
 * @module
 */
import { join } from "node:path";
import { makeNodeDirectory } from "../../../src/node/index.ts";
import {
  type ManualClock,
  makeClockPower,
  makeConsolePower,
  makeDirectoryPower,
  makeEnvironmentPower,
  makeHttpPower,
  makeRandomPower,
  makeSeededRandom,
  makeTimersPower,
  rateLimited,
} from "../../../src/powers/index.ts";
import type { Endowments } from "./case.ts";
import type { Sandbox } from "./sandbox.ts";

const LONG_MS = 1e9;

export interface World {
  readonly sandbox: Sandbox;
  readonly honest: string;
  readonly clock: ManualClock;
  /** Lines that reached the host's console. */
  readonly lines: string[];
}

export type Powers = { readonly [name: string]: unknown };

export function makePowers(given: Endowments, { sandbox, honest, clock, lines }: World): Powers & Disposable {
  const folder = makeNodeDirectory(sandbox.project);
  const limit = { calls: given.consoleLines ?? 1, perMs: LONG_MS, clock };
  const write = (_level: string, text: string): void => void lines.push(text);
  const powers = {
    ...(given.consoleLines === undefined ? {} : { console: rateLimited(makeConsolePower(write), limit) }),
    ...(given.timers ? { timers: makeTimersPower(clock) } : {}),
    ...(given.clock ? { clock: makeClockPower(clock) } : {}),
    ...(given.random ? { random: makeRandomPower(makeSeededRandom()) } : {}),
    ...(given.environment
      ? { environment: makeEnvironmentPower(sandbox.environment, { names: given.environment }) }
      : {}),
    ...(given.directory ? { directory: makeDirectoryPower(folder, { readOnly: true }) } : {}),
    ...(given.http ? { http: makeHttpPower(fetch, { origins: [honest], methods: ["GET", "POST"] }) } : {}),
  };
  return Object.defineProperty(powers, Symbol.dispose, { value: () => folder[Symbol.dispose]() }) as Powers &
    Disposable;
}

/** Where the packages of the case lie as they were fetched; none of their scripts has run. */
export function packageFolder({ packages }: Sandbox, name: string): string {
  return join(packages, name);
}
