/**
 * The public conformance suite of OCapN.
 *
 * @module
 */
import { expect, it } from "vitest";
import { describeWithPath } from "../../support/foreign.ts";
import { runSuite, startSuitePeer } from "./suite.ts";

const TESTS = 24;

describeWithPath("CAPER_OCAPN_SUITE", "the OCapN test suite", (checkout) => {
  it("passes", async () => {
    const peer = await startSuitePeer();
    try {
      const { passed, total, output } = await runSuite(checkout, peer.locator);
      expect(`${passed} of ${total}`, output).toBe(`${TESTS} of ${TESTS}`);
    } finally {
      await peer.stop();
    }
  });
});
