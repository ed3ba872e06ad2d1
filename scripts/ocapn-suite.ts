/**
 * `npm run ocapn-suite -- [checkout] [--locator=<locator>]`: runs the OCapN test suite, from the checkout named there or by
 * CAPER_OCAPN_SUITE, against Caper's peer or against one that runs already. Ends with how many tests passed.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runSuite, startSuitePeer } from "../test/ocapn/foreign/suite.ts";

const args = process.argv.slice(2);
const checkout = args.find((arg) => !arg.startsWith("--")) ?? process.env.CAPER_OCAPN_SUITE;
const locator = args.find((arg) => arg.startsWith("--locator="))?.slice("--locator=".length);

async function main(folder: string): Promise<void> {
  const peer = locator === undefined ? await startSuitePeer() : undefined;
  try {
    const { passed, total, output } = await runSuite(folder, peer?.locator ?? locator!);
    console.log(`${output.trimEnd()}\n\n${passed} of ${total}`);
    if (passed < total || total === 0) process.exitCode = 1;
  } finally {
    await peer?.stop();
  }
}

if (checkout === undefined || !existsSync(join(checkout, "test_runner.py"))) {
  console.error(
    "ocapn-suite: name a checkout of the OCapN test suite, or set CAPER_OCAPN_SUITE; see docs/ocapn-interop.md",
  );
  process.exitCode = 2;
} else {
  await main(checkout);
}
