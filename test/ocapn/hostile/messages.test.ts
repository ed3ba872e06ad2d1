/**
 * Messages that are none, or are not as they should be.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { usePeers } from "../../../src/ocapn/client/fixture.conformance.ts";
import {
  answer,
  deliverMessage,
  exported,
  keyValue,
  locationValue,
  object,
  promise,
  record,
  signatureValue,
} from "../../../src/ocapn/client/raw-peer.conformance.ts";
import { MESSAGE_BYTES_MAX } from "../../../src/ocapn/limits.ts";
import {
  encodeSyrup,
  makeSelector,
  PASSABLE_DEPTH_MAX,
  SYRUP_DEPTH_MAX,
  SYRUP_VALUES_MAX,
  SyrupReader,
  SyrupSet,
  SyrupStruct,
  type SyrupValue,
} from "../../../src/passable/index.ts";
import { makeVictim, type Victim } from "./victim.ts";

const makePeers = usePeers();
const same = makeSelector("same");
const encoder = new TextEncoder();

/** To an object of the victim's, with a value that it never sees. */
const withArgument = (value: SyrupValue) => (victim: Victim) =>
  deliverMessage({ to: exported(victim.target), args: [same, value], resolveMe: object(7) });

const wrongs: readonly (readonly [string, (victim: Victim) => SyrupValue, string])[] = [
  ["a list", () => [1n], "expected a record, got a list"],
  ["a record without a name", () => [], "expected a record"],
  ["a record whose label is a string", () => record("op:deliver"), "expected a record"],
  ["an unknown operation", () => record("op:deliver-only"), "no message of CapTP: op:deliver-only"],
  ["__proto__ as an operation", () => record("__proto__"), "no message of CapTP: __proto__"],
  ["constructor as an operation", () => record("constructor"), "no message of CapTP: constructor"],
  ["a descriptor as a message", () => exported(0), "no message of CapTP: desc:export"],
  ["op:deliver with nothing in it", () => record("op:deliver"), "expected"],
  ["op:deliver with a field too few", () => record("op:deliver", exported(0), [], false), "expected"],
  [
    "op:deliver with a field too many",
    () => record("op:deliver", exported(0), [], false, false, false),
    "the end of the record",
  ],
  ["op:deliver to a number", () => record("op:deliver", 0n, [], false, false), "expected a record"],
  [
    "op:deliver to an import",
    () => record("op:deliver", object(0), [], false, false),
    "expected desc:export or desc:answer",
  ],
  [
    "op:deliver to a negative position",
    () => record("op:deliver", record("desc:export", -1n), [], false, false),
    "an integer of at least 0",
  ],
  [
    "op:deliver to a huge position",
    () => record("op:deliver", record("desc:export", 2n ** 53n), [], false, false),
    "2^53",
  ],
  [
    "op:deliver to a float",
    () => record("op:deliver", record("desc:export", 0), [], false, false),
    "an integer of at least 0",
  ],
  [
    "op:deliver with arguments in a struct",
    () => record("op:deliver", exported(0), new SyrupStruct([]), false, false),
    "expected a list",
  ],
  [
    "op:deliver with true as answer position",
    () => record("op:deliver", exported(0), [], true, false),
    "expected false or a value, got true",
  ],
  [
    "op:deliver with a resolver that is the peer's",
    () => record("op:deliver", exported(0), [], false, exported(0)),
    "expected desc:import-object or desc:import-promise",
  ],
  ["op:listen without a resolver", () => record("op:listen", exported(0), false, false), "expected a record"],
  ["op:get with a symbol as field", () => record("op:get", exported(0), makeSelector("x"), 3n), "expected a string"],
  ["op:index with a string", () => record("op:index", exported(0), "0", 3n), "an integer of at least 0"],
  ["op:untag without a tag", () => record("op:untag", exported(0), 3n), "expected a string"],
  ["op:gc-exports with one list", () => record("op:gc-exports", [1n]), "expected"],
  [
    "op:gc-exports with lists of two lengths",
    () => record("op:gc-exports", [1n, 1n], [1n]),
    "2 positions and 1 wire deltas",
  ],
  ["op:gc-exports with a number", () => record("op:gc-exports", 1n, 1n), "expected a list"],
  ["op:gc-answers with a string in it", () => record("op:gc-answers", ["1"]), "an integer of at least 0"],
  ["op:abort with a number", () => record("op:abort", 1n), "expected a string"],
  [
    "a second op:start-session",
    ({ mallory }) => {
      const signature = signatureValue(new Uint8Array(64));
      return record(
        "op:start-session",
        "1.0",
        keyValue(mallory.key.publicKey),
        locationValue(mallory.location),
        signature,
      );
    },
    "the session has begun already",
  ],
  [
    "op:start-session with a short key",
    ({ mallory }) => {
      const signature = signatureValue(new Uint8Array(64));
      return record(
        "op:start-session",
        "1.0",
        keyValue(new Uint8Array(31)),
        locationValue(mallory.location),
        signature,
      );
    },
    "expected 32 bytes of «q», got 31",
  ],
  ["a set", withArgument(new SyrupSet([1n])), "a set cannot be passed"],
  ["an unknown record", withArgument(record("desc:something", 1n)), "no value of CapTP: desc:something"],
  ["__proto__ as a record", withArgument(record("__proto__", 1n)), "no value of CapTP: __proto__"],
  ["a struct with a number as key", withArgument(new SyrupStruct([[1n, 1n]])), "expected a string"],
  [
    "a struct that passes for a promise",
    withArgument(new SyrupStruct([["then", object(9)]])),
    "it would pass for a promise",
  ],
  ["a promise that is void", withArgument(record("void", 1n)), "the end of the record"],
  ["a tag without a value", withArgument(record("desc:tagged", makeSelector("x"))), "expected a value"],
  ["an error without words", withArgument(record("desc:error")), "expected a string"],
  ["a sturdyref without a peer", withArgument(record("ocapn-sturdyref", 1n, 2n)), "expected a record"],
  [
    "a sturdyref of a strange peer",
    withArgument(record("ocapn-sturdyref", record("ocapn-peer", makeSelector("a.b"), "x", false), new Uint8Array(1))),
    "a transport without dots",
  ],
  ["an envelope around nothing", withArgument(record("desc:sig-envelope", 1n, 2n)), "expected a record"],
  [
    "an envelope around something else",
    withArgument(record("desc:sig-envelope", exported(0), 2n)),
    "expected a certificate of a handoff",
  ],
  [
    "an envelope whose signature is short",
    withArgument(
      record(
        "desc:sig-envelope",
        record(
          "desc:handoff-give",
          keyValue(new Uint8Array(32)),
          record("ocapn-peer", makeSelector("memory"), "x", false),
          new Uint8Array(32),
          new Uint8Array(32),
          new Uint8Array(32),
        ),
        signatureValue(new Uint8Array(12)),
      ),
    ),
    "expected 32 bytes",
  ],
];

describe("a message that is wrong ends the session, and only that: ", () => {
  it.each(wrongs)("%s", async (_, make, reason) => {
    const victim = await makeVictim(makePeers());
    victim.mallory.send(make(victim));
    await victim.assertAborted(reason);
    expect(victim.calls.filter((name) => name === "same")).toHaveLength(1);
  });

  it.each([
    ["a byte that begins nothing", "?"],
    ["a closing bracket", "]"],
    ["brackets that do not match", "<8'op:abort0\"]"],
    ["a number without a kind", "12x"],
    ["a length with a zero in front", "<08'op:abort0\">"],
    ["a length beyond the message", "[99999999999999999999:"],
    [
      "text that is no UTF-8",
      [0x3c, 0x38, 0x27, 0x6f, 0x70, 0x3a, 0x61, 0x62, 0x6f, 0x72, 0x74, 0x31, 0x22, 0xff, 0x3e],
    ],
    ["minus zero", "<14'op:gc-answers[0-]>"],
    ["keys in the wrong order", "<10'op:deliver<11'desc:export0+>[{1\"b0+1\"a0+}]ff>"],
    ["a key twice", "<10'op:deliver<11'desc:export0+>[{1\"a0+1\"a0+}]ff>"],
    ["an integer with many digits", `[${"1".repeat(70_000)}+]`],
  ])("bytes that are %s", async (_, bytes) => {
    const victim = await makeVictim(makePeers());
    victim.mallory.sendBytes(typeof bytes === "string" ? encoder.encode(bytes) : new Uint8Array(bytes));
    await victim.assertAborted(/^(syrup|value|args)/);
  });
});

function nested(depth: number): SyrupValue {
  let value: SyrupValue = [];
  for (let at = 1; at < depth; at += 1) value = [value];
  return value;
}

describe("a message that is as large as can be", () => {
  it("in depth is taken, and one deeper is not", async () => {
    const victim = await makeVictim(makePeers());
    const { mallory, target } = victim;
    // The arguments are a list themselves.
    mallory.deliver({ to: exported(target), args: [same, nested(PASSABLE_DEPTH_MAX - 1)], resolveMe: object(7) });
    expect((await mallory.resolved(7))[0]).toBe("fulfill");
    mallory.deliver({ to: exported(target), args: [same, nested(PASSABLE_DEPTH_MAX)], resolveMe: object(8) });
    await victim.assertAborted(`nested deeper than ${PASSABLE_DEPTH_MAX}`);
  });

  it("in brackets is refused before it has come", async () => {
    const victim = await makeVictim(makePeers());
    victim.mallory.sendBytes(encoder.encode("[".repeat(SYRUP_DEPTH_MAX + 1)));
    await victim.assertAborted(`nested deeper than ${SYRUP_DEPTH_MAX}`);
  });

  it("in bytes is taken, and one longer is not", async () => {
    const victim = await makeVictim(makePeers());
    const { mallory, target } = victim;
    const ofLength = (length: number): Uint8Array => {
      const message = (byteCount: number): Uint8Array =>
        encodeSyrup(
          deliverMessage({
            to: exported(target),
            args: [makeSelector("hold"), new Uint8Array(byteCount)],
            resolveMe: object(7),
          }),
        );
      return message(length - (message(length - 100).length - (length - 100)));
    };
    const [fitting, tooLong] = [ofLength(MESSAGE_BYTES_MAX), ofLength(MESSAGE_BYTES_MAX + 1)];
    expect([fitting.length, tooLong.length]).toEqual([MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX + 1]);
    mallory.sendBytes(fitting);
    expect((await mallory.resolved(7))[0]).toBe("fulfill");
    mallory.sendBytes(tooLong);
    await victim.assertAborted(`more than ${MESSAGE_BYTES_MAX} bytes`);
    expect(victim.held).toHaveLength(1);
  });

  it("in values is taken, and one with more is not", async () => {
    const victim = await makeVictim(makePeers());
    const { mallory, target } = victim;
    // Beside the list: the message and its label, target, position and label, arguments, method, two times false, resolver with two.
    const ofCount = (count: number): Uint8Array =>
      encodeSyrup(
        deliverMessage({
          to: exported(target),
          args: [makeSelector("hold"), Array(count - 12).fill(true)],
          resolveMe: object(7),
        }),
      );
    const countOf = (message: Uint8Array): number => {
      const reader = new SyrupReader(message);
      reader.skip();
      return reader.valueCount;
    };
    const fitting = ofCount(SYRUP_VALUES_MAX);
    expect(countOf(fitting)).toBe(SYRUP_VALUES_MAX);
    mallory.sendBytes(fitting);
    expect((await mallory.resolved(7))[0]).toBe("fulfill");
    mallory.sendBytes(ofCount(SYRUP_VALUES_MAX + 1));
    await victim.assertAborted(`more than ${SYRUP_VALUES_MAX} values`);
    expect(victim.held).toHaveLength(1);
  });

  it("in what it announces is refused before it has come", async () => {
    const victim = await makeVictim(makePeers());
    victim.mallory.sendBytes(encoder.encode(`[${MESSAGE_BYTES_MAX + 1}:`));
    await victim.assertAborted(`more than ${MESSAGE_BYTES_MAX} bytes`);
  });
});

describe("a peer that", () => {
  it("stops in the middle of a message disturbs nobody", async () => {
    const victim = await makeVictim(makePeers());
    victim.mallory.sendBytes(encodeSyrup(withArgument("x".repeat(100_000))(victim)).subarray(0, 70_000));
    await victim.assertUnharmed().then(
      () => expect.unreachable("the fetch lies in the middle of the message"),
      () => {},
    );
    expect(victim.bob.ocapn.sessions).toHaveLength(2);
    victim.mallory.connection.close();
    await victim.peers.settle();
    expect(victim.bob.ocapn.sessions).toHaveLength(1);
  });

  it("sends byte by byte is understood", async () => {
    const victim = await makeVictim(makePeers());
    for (const byte of encodeSyrup(withArgument("slow")(victim))) victim.mallory.sendBytes(new Uint8Array([byte]));
    expect(await victim.mallory.resolved(7)).toEqual(["fulfill", "slow"]);
    await victim.assertUnharmed();
  });

  it("sends names of the language as names of its own changes nothing", async () => {
    const victim = await makeVictim(makePeers());
    const { mallory, target } = victim;
    const struct = new SyrupStruct([
      ["__proto__", new SyrupStruct([["polluted", true]])],
      ["constructor", new SyrupStruct([["prototype", new SyrupStruct([["polluted", true]])]])],
    ]);
    mallory.deliver({ to: exported(target), args: [same, struct], answerPosition: 3, resolveMe: object(7) });
    const [name, value] = await mallory.resolved(7);
    expect([name, (value as SyrupStruct).entries.map(([key]) => key)]).toEqual([
      "fulfill",
      ["__proto__", "constructor"],
    ]);
    mallory.send(record("op:get", answer(3), "__proto__", 4n), record("op:listen", answer(4), object(8), false));
    expect(await mallory.resolved(8)).toEqual(["fulfill", new SyrupStruct([["polluted", true]])]);
    mallory.send(record("op:get", answer(3), "toString", 5n), record("op:listen", answer(5), object(9), false));
    expect((await mallory.resolved(9))[0]).toBe("break");
    for (const [at, method] of [
      "__proto__",
      "constructor",
      "toString",
      "__defineGetter__",
      "isPrototypeOf",
    ].entries()) {
      mallory.deliver({ to: exported(target), args: [makeSelector(method), "polluted"], resolveMe: object(20 + at) });
      expect((await mallory.resolved(20 + at))[0]).toBe("break");
    }
    await victim.assertUnharmed();
  });

  it("goes on after its session was ended is not heard", async () => {
    const victim = await makeVictim(makePeers());
    victim.mallory.send(record("op:gc-answers", [99n]), withArgument(promise(3))(victim), withArgument(1n)(victim));
    await victim.assertAborted("there is no answer at position 99");
    expect(victim.calls.filter((name) => name === "same")).toHaveLength(1);
  });

  it("says op:abort is left alone, whatever it says", async () => {
    const victim = await makeVictim(makePeers());
    victim.mallory.send(record("op:abort", "x".repeat(100_000)));
    await victim.peers.settle();
    expect(victim.mallory.closed).toBeDefined();
    expect(victim.mallory.abortReason).toBeUndefined();
    expect(victim.bob.ocapn.sessions).toHaveLength(1);
  });
});
