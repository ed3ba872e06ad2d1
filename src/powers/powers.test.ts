import {
  type Fetch,
  makeBytesInput,
  makeClockPower,
  makeConsolePower,
  makeDirectoryPower,
  makeEnvironmentPower,
  makeHttpPower,
  makeInputPower,
  makeLibraryPower,
  makeManualClock,
  makeMemoryDirectory,
  makeMemoryStore,
  makeRandomPower,
  makeSeededRandom,
  makeStorePower,
  makeTimersPower,
} from "./index.ts";
import { testPower } from "./power.conformance.ts";

testPower("console", () => ({
  power: makeConsolePower(() => {}),
  uses: [
    ["debug", "a"],
    ["log", "b"],
    ["info", "c"],
    ["warn", "d"],
    ["error", "e"],
  ],
}));

testPower("input", () => ({
  power: makeInputPower(makeBytesInput("some text")),
  uses: [["read", 4], ["readText"]],
}));

testPower("clock", () => ({ power: makeClockPower(makeManualClock()), uses: [["now"], ["monotonic"]] }));

testPower("timers", () => ({ power: makeTimersPower(makeManualClock()), uses: [["after", 0]] }));

testPower("random", () => ({ power: makeRandomPower(makeSeededRandom()), uses: [["bytes", 16], ["number"]] }));

testPower("environment", () => ({ power: makeEnvironmentPower({ LANG: "C" }), uses: [["get", "LANG"], ["names"]] }));

testPower("directory", () => ({
  power: makeDirectoryPower(makeMemoryDirectory({ files: { "a.txt": "hello", "folder/b.txt": "b" } })),
  uses: [
    ["read", "a.txt"],
    ["readText", "/folder/b.txt"],
    ["write", "c.txt", "c"],
    ["append", "c.txt", new Uint8Array([1])],
    ["list", "/"],
    ["stat", "a.txt", { follow: false }],
    ["exists", "nothing"],
    ["makeDirectory", "x/y/z", { recursive: true }],
    ["remove", "x", { recursive: true }],
    ["rename", "a.txt", "d.txt"],
    ["copy", "d.txt", "a.txt"],
    ["rename", "a.txt", "d.txt"],
    ["copy", "d.txt", "a.txt"],
    ["subdirectory", "folder"],
  ],
}));

const fetch: Fetch = async () => new Response("hello");

testPower("http", () => ({
  power: makeHttpPower(fetch, { origins: ["https://example.com"] }),
  uses: [
    ["get", "https://example.com/"],
    ["request", "https://example.com/", { method: "HEAD" }],
  ],
}));

testPower("store", () => ({
  power: makeStorePower(makeMemoryStore()),
  uses: [["set", "a", { list: [1, 2n] }], ["get", "a"], ["has", "a"], ["keys", "a"], ["delete", "a"], ["clear"]],
}));

testPower("library", () => ({
  power: makeLibraryPower("math", { add: (a: number, b: number) => a + b, later: async () => "done" }),
  uses: [["add", 1, 2], ["later"]],
}));
