/**
 * A vitest reporter that prints one line per test file, each failure with its cause, each skipped test with its reason, what
 * tests noted (annotations), and as its last line `N passed, N failed, N skipped` alone. What fails outside of a test counts as one failed
 * test: a file that does not load, a `beforeAll` whose tests are then skipped, an `afterAll`.
 *
 * @module
 */
import { relative } from "node:path";
import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from "vitest/node";

type TestError = SerializedError & { readonly diff?: string };

const STACK_LINES_MAX = 6;

export default class TotalsReporter implements Reporter {
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  onTestModuleEnd(module: TestModule): void {
    const cases = [...module.children.allTests()];
    const states = cases.map((test) => test.result().state);
    const passed = states.filter((state) => state === "passed").length;
    const failedTests = states.filter((state) => state === "failed").length;
    const skipped = states.length - passed - failedTests;
    const broken = [module, ...module.children.allSuites()].filter((suite) => suite.errors().length > 0);
    const failed = failedTests + broken.length;
    this.#passed += passed;
    this.#failed += failed;
    this.#skipped += skipped;

    const name = relative(process.cwd(), module.moduleId);
    const seconds = (module.diagnostic().duration / 1000).toFixed(1);
    const mark = failed > 0 ? "✗" : "✓";
    console.log(
      `${mark} ${name}: ${passed} passed${failed ? `, ${failed} failed` : ""}${skipped ? `, ${skipped} skipped` : ""} (${seconds} s)`,
    );
    for (const suite of broken) printBroken(suite, name);
    for (const test of cases) this.#printCase(test);
  }

  onTestRunEnd(_modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    for (const error of errors) printError("outside of any test", error);
    this.#failed += errors.length;
    if (this.#passed + this.#failed === 0) console.log("No test was found.");
    console.log(`${this.#passed} passed, ${this.#failed} failed, ${this.#skipped} skipped`);
  }

  #printCase(test: TestCase): void {
    const result = test.result();
    for (const { message } of test.annotations()) console.log(`  · ${test.fullName}: ${message}`);
    if (result.state === "skipped") console.log(`  - ${test.fullName}${result.note ? `: ${result.note}` : ""}`);
    if (result.state === "failed") for (const error of result.errors) printError(test.fullName, error);
  }
}

function printBroken(suite: TestModule | TestSuite, file: string): void {
  const where = suite.type === "module" ? file : suite.fullName;
  for (const error of suite.errors()) printError(`${where} (outside of its tests)`, error);
}

function printError(where: string, error: TestError): void {
  const stack = (error.stack ?? "")
    .split("\n")
    .filter((line) => line.trimStart().startsWith("at ") && !line.includes("node_modules"));
  console.log(`  ✗ ${where}\n    ${error.message.replaceAll("\n", "\n    ")}`);
  if (error.diff !== undefined) console.log(`    ${error.diff.replaceAll("\n", "\n    ")}`);
  for (const line of stack.slice(0, STACK_LINES_MAX)) console.log(`    ${line.trim()}`);
}
