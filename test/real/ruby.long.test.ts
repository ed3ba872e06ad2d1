/**
 * Ruby, sixteen megabytes of somebody else's WebAssembly, runs a script that is frozen and thawed in its middle: exceptions,
 * fibers, recursion. Its imports are WASI's, three of the canonical ABI, which are met, and a bridge to JavaScript, which is not.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesToImage, decodeImage, encodeImage, imageToBytes } from "../../src/image/index.ts";
import { makeKernel } from "../../src/kernel/index.ts";
import { nodeHasher } from "../../src/node/hasher.ts";
import { makeCollector } from "../../src/powers/index.ts";
import { makeRubyKind, prepareRuby, startRuby } from "./ruby.ts";
import { isPresent, REAL_PROGRAMS, REAL_REMEDY } from "./setup.ts";

const BRIDGE_FUNCTIONS = 21;
const SCRIPT = `
def fib(n) n < 2 ? n : fib(n - 1) + fib(n - 2) end
puts fib(14)
puts (1..40).to_h { |x| [x.to_s * 3, x * x] }.select { |_, v| v.odd? }.sum { |_, v| v }
begin
  raise ArgumentError, "no such thing"
rescue => error
  puts error.message
end
steps = Fiber.new { 3.times { |i| Fiber.yield i }; :end }
puts 4.times.map { steps.resume }.inspect
$stdout.flush
`;
const OUTPUT = "377\n10660\nno such thing\n[0, 1, 2, :end]\n";

function bridgeNames(bytes: Uint8Array<ArrayBuffer>): string[] {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
  return imports.filter(({ module }) => module === "rb-js-abi-host").map(({ name }) => name);
}

describe.skipIf(!isPresent("ruby"))(`Ruby (${REAL_REMEDY})`, () => {
  it("runs a script the same way with and without journeys", { timeout: 600_000 }, () => {
    const bytes = new Uint8Array(readFileSync(REAL_PROGRAMS.ruby));
    const names = bridgeNames(bytes);
    expect(names.length).toBe(BRIDGE_FUNCTIONS);
    const kinds = [makeRubyKind(names)];
    using kernel = makeKernel({ yieldToHost: () => Promise.resolve(), guests: kinds, hasher: nodeHasher });
    const program = kernel.load(bytes);
    const run = (slice: number | undefined) => {
      const stdout = makeCollector();
      const powers = { stdout, args: ["ruby.wasm"] };
      let process = kernel.spawn({ program, guest: "ruby", powers, gas: 1e12, memoryBytes: 512 << 20 });
      startRuby(process);
      const call = prepareRuby(process, SCRIPT);
      const options = slice === undefined ? {} : { gas: slice };
      let result = process.callSync(call.name, call.args, options);
      let journeys = 0;
      while (result.kind === "unfinished") {
        const image = encodeImage(process.freeze({ copy: false }), { hasher: nodeHasher, withModule: false });
        const file = imageToBytes(image, { hasher: nodeHasher });
        process.discard();
        process = kernel.thaw(decodeImage(bytesToImage(file, { hasher: nodeHasher }), { hasher: nodeHasher }), {
          powers,
        });
        journeys++;
        result = process.finishSync(options);
      }
      const { root } = encodeImage(process.freeze({ copy: false }), { hasher: nodeHasher, withModule: false });
      return { result, output: stdout.text(), gasUsed: process.meter.gasUsed, root, journeys };
    };
    const whole = run(undefined);
    expect(whole).toMatchObject({ result: { kind: "done" }, output: OUTPUT });
    const interrupted = run(300_001);
    expect(interrupted.journeys).toBeGreaterThan(3);
    expect({ ...interrupted, journeys: 0 }).toEqual(whole);
  });
});
