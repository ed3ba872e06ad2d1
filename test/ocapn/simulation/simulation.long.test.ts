/**
 * The simulation with few and many peers, 100,000 operations from each seed: CAPER_SEED replays one, CAPER_PEERS says with how many.
 *
 * @module
 */
import { expect, it } from "vitest";
import { simulate } from "./simulate.ts";

const OPERATIONS = Number(process.env.CAPER_OPERATIONS ?? 100_000);
const SEED = Number(process.env.CAPER_SEED ?? 1_000);
const PEERS = process.env.CAPER_PEERS === undefined ? [3, 8, 20] : [Number(process.env.CAPER_PEERS)];

const worlds = PEERS.flatMap((peerCount) => [false, true].map((hasFaults) => ({ peerCount, hasFaults })));

it.each(worlds)(`$peerCount peers keep what they promise, faults: $hasFaults`, async ({ peerCount, hasFaults }) => {
  const outcome = await simulate({ seed: SEED + peerCount, peerCount, hasFaults, operations: OPERATIONS });
  expect(outcome.arrived).toBeGreaterThan(outcome.sent / 4);
  expect(outcome.collected).toBeGreaterThan(OPERATIONS / 100);
});
