/**
 * Peers that call, pass on, drop and lose each other at random: nothing arrives twice or out of order, nothing that is held goes away, and
 * in the end nothing is left. CAPER_SEED replays one seed.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { simulate } from "./simulate.ts";

const SEED = process.env.CAPER_SEED;
const seeds = SEED === undefined ? [1, 2, 3] : [Number(SEED)];

describe.each(seeds)("from seed %i", (seed) => {
  it.each([false, true])("peers keep what they promise (faults: %s)", async (hasFaults) => {
    const outcome = await simulate({ seed, peerCount: 3 + (seed % 4), hasFaults, operations: 1_500 });
    expect(outcome.arrived).toBeGreaterThan(outcome.sent / 4);
    expect(outcome.collected).toBeGreaterThan(50);
  });
});
