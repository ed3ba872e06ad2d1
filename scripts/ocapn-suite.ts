/**
 * `npm run ocapn-suite`: runs the OCapN test suite against Caper's peer or against one that runs already. Ends with how many tests
 * passed.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runSuite, startSuitePeer } from "../test/ocapn/foreign/suite.ts";
import { makeCommand, USAGE_CODE } from "./usage.ts";

const command = makeCommand("ocapn-suite", "Runs the OCapN test suite against Caper.")
  .argument("[checkout]", "of the suite; default: what CAPER_OCAPN_SUITE names")
  .option("--locator <locator>", "of a peer that runs already, instead of Caper's")
  .parse();
const checkout = command.args[0] ?? process.env.CAPER_OCAPN_SUITE;
const { locator } = command.opts<{ readonly locator?: string }>();

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
  process.exitCode = USAGE_CODE;
} else {
  await main(checkout);
}
