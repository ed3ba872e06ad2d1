/**
 * Lines of the wire: readable, and without any secret, whatever it looks like.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesToBase64 } from "../../bytes/index.ts";
import {
  decodeSyrup,
  describeSyrup,
  encodeSyrup,
  Far,
  makeSelector,
  SyrupRecord,
  SyrupSet,
  SyrupStruct,
  type SyrupValue,
} from "../../passable/index.ts";
import { makeOcapn, type WireEvent } from "../client/ocapn.ts";
import { E } from "../eventual/e.ts";
import { makeNobleEd25519 } from "../keys.ts";
import { WIRE_LINE_LENGTH_MAX } from "../limits.ts";
import { makeMemoryNetwork } from "../netlayers/memory.ts";
import { describeMessage, describeOperation, describePeer } from "./describe-message.ts";

const peer = { transport: "websocket", designator: "k3jx7qpaw2mbdo5hzq", hints: { url: "ws://127.0.0.1:1" } };

function record(label: string, ...fields: readonly SyrupValue[]): SyrupRecord {
  return new SyrupRecord(makeSelector(label), fields);
}

function describeRecord(label: string, ...fields: readonly SyrupValue[]): string {
  return describeOperation(encodeSyrup(record(label, ...fields)));
}

const bytesToHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const FORMS: readonly ((bytes: Uint8Array) => string)[] = [
  bytesToHex,
  (bytes) => bytesToHex(bytes).toUpperCase(),
  bytesToBase64,
  (bytes) => bytesToBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""),
  (bytes) => Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  (bytes) => BigInt(`0x${bytesToHex(bytes)}`).toString(),
];

/** Parts of the secret in any of the forms that bytes are written in, long enough not to come about by accident. */
function piecesOf(secret: Uint8Array): readonly string[] {
  const pieces = new Set<string>();
  for (const form of [...FORMS, (bytes: Uint8Array) => String.fromCharCode(...bytes)]) {
    // Base64 looks different by where in the three bytes it begins.
    for (const start of [0, 1, 2]) {
      const text = form(secret.subarray(start));
      for (let at = 0; at + 6 <= text.length; at += 1) pieces.add(text.slice(at, at + 6));
    }
  }
  return [...pieces];
}

function expectNone(lines: string, secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) expect(piecesOf(secret).filter((piece) => lines.includes(piece))).toEqual([]);
}

describe("a message as a line", () => {
  it("shows direction, peer, operation and arguments", () => {
    const message = encodeSyrup(
      record(
        "op:deliver",
        record("desc:export", 5n),
        [makeSelector("drive"), 1.5],
        3n,
        record("desc:import-object", 7n),
      ),
    );
    const line = "k3jx7qpaw2….websocket  op:deliver <desc:export 5> ['drive 1.5] answer 3 resolver 7";
    expect(describeMessage({ direction: "out", peer, message })).toBe(`-> ${line}`);
    expect(describeMessage({ direction: "in", peer, message })).toBe(`<- ${line}`);
  });

  it("shows each operation", () => {
    const answer = record("desc:answer", 3n);
    const resolver = record("desc:import-object", 8n);
    expect(describeRecord("op:deliver", answer, ["hi"], false, false)).toBe('op:deliver <desc:answer 3> ["hi"]');
    expect(describeRecord("op:listen", answer, resolver, false)).toBe("op:listen <desc:answer 3> resolver 8");
    expect(describeRecord("op:get", answer, "name", 4n)).toBe('op:get <desc:answer 3> "name" answer 4');
    expect(describeRecord("op:index", answer, 0n, 4n)).toBe("op:index <desc:answer 3> 0 answer 4");
    expect(describeRecord("op:untag", answer, "date", 4n)).toBe('op:untag <desc:answer 3> "date" answer 4');
    expect(describeRecord("op:gc-exports", [5n, 6n], [1n, 2n])).toBe("op:gc-exports [5 6] deltas [1 2]");
    expect(describeRecord("op:gc-answers", [3n])).toBe("op:gc-answers [3]");
    expect(describeRecord("op:abort", "no\nmore")).toBe('op:abort "no\\u{a}more"');
    const key = ["public-key", ["ecc", ["q", new Uint8Array(32)]]].map((part) =>
      part === "public-key" ? makeSelector(part) : part,
    ) as SyrupValue;
    const location = record("ocapn-peer", makeSelector("websocket"), peer.designator, false);
    expect(
      describeRecord("op:start-session", "1.0", key, location, [makeSelector("sig-val"), new Uint8Array(64)]),
    ).toBe(`op:start-session "1.0" <key> <ocapn-peer 'websocket "k3jx7qpaw2…"> <signature>`);
  });

  it("says what is no message", () => {
    for (const bytes of [
      new Uint8Array(),
      new TextEncoder().encode("5:he"),
      encodeSyrup("op:abort"),
      encodeSyrup(record("op:x", 1n)),
    ]) {
      expect(describeOperation(bytes)).toBe(`${bytes.length} bytes that are no message of CapTP`);
    }
  });

  it("is cut where it becomes too long", () => {
    const words = "é ".repeat(40);
    const lineOf = (last: number): string =>
      describeRecord("op:gc-answers", [...Array.from({ length: 12 }, () => words), words.slice(0, last)]);
    const last = WIRE_LINE_LENGTH_MAX - lineOf(0).length;
    expect(last).toBeGreaterThan(0);
    const longest = lineOf(last);
    expect([longest.length, longest.slice(-2)]).toEqual([WIRE_LINE_LENGTH_MAX, '"]']);
    expect(lineOf(last + 1)).toBe(`${longest.slice(0, -2)}${words[last]}…`);
  });

  it("does not let a peer play with the terminal", () => {
    expect(describePeer({ transport: "tcp", designator: "a\u001b[2J\u202e", hints: false })).toBe("a?[2J?.tcp");
  });
});

describe("secrets", () => {
  /** Three peers: what is served, looked up, handed over, thrown and passed as text. */
  async function record3(): Promise<{
    readonly events: readonly WireEvent[];
    readonly secrets: readonly Uint8Array[];
  }> {
    const network = makeMemoryNetwork({ immediate: true });
    const events: WireEvent[] = [];
    const secrets: Uint8Array[] = [];
    const random = (byteLength: number): Uint8Array => {
      const bytes = new Uint8Array(randomBytes(byteLength));
      secrets.push(bytes.slice());
      return bytes;
    };
    const [a, b, c] = ["a", "b", "c"].map((name) =>
      makeOcapn({
        netlayers: [network.makeNetlayer(name)],
        ed25519: makeNobleEd25519(),
        random,
        yieldToHost: () => new Promise((resolve) => setImmediate(resolve)),
        onWire: (event) => events.push({ ...event, message: event.message.slice() }),
      }),
    ) as [ReturnType<typeof makeOcapn>, ReturnType<typeof makeOcapn>, ReturnType<typeof makeOcapn>];
    const car = Far("car", { drive: (speed: number) => `at ${speed}` });
    const uri = b.serve(car);
    const custom = new TextEncoder().encode("Jad+0_rF9.qW~7xLmZp2Qk-");
    secrets.push(custom);
    const customUri = b.serve(car, { swissNumber: custom });
    const garage = Far("garage", {
      park: (vehicle: { drive(speed: number): string }) => E(vehicle).drive(3),
      find: (text: string) => {
        throw new RangeError(`no car at ${text}`);
      },
      echo: (...args: readonly unknown[]) => args,
    });
    const far = await a.enliven<typeof car>(uri);
    const again = await a.enliven<typeof car>(customUri);
    const place = await a.enliven<typeof garage>(c.serve(garage));
    expect(await E(place).park(far as never)).toBe("at 3");
    expect(await E(place).park(again as never)).toBe("at 3");
    await E(place)
      .find(`${uri} or ${customUri}, they say`)
      .catch(() => {});
    await E(place).echo(
      { [uri]: customUri },
      makeSelector(uri),
      new TextEncoder().encode(uri),
      secrets.map(bytesToBase64),
    );
    await E(place).echo(...FORMS.map((form) => form(secrets[0] as Uint8Array)));
    await Promise.all([a.close(), b.close(), c.close()]);
    return { events, secrets: [...secrets, ...signedParts(events)] };
  }

  /** Keys, halves of signatures and identifiers: whatever went over the wire as bytes but for the URI. */
  function signedParts(events: readonly WireEvent[]): readonly Uint8Array[] {
    const found: Uint8Array[] = [];
    const walk = (value: SyrupValue): void => {
      if (value instanceof Uint8Array) found.push(value);
      else if (value instanceof SyrupRecord) value.fields.forEach(walk);
      else if (Array.isArray(value)) value.forEach(walk);
    };
    for (const { message } of events) walk(decodeSyrup(message));
    return found.filter(({ length }) => length <= 32);
  }

  it("of a session stand in no line, and do stand in the messages", async () => {
    const { events, secrets } = await record3();
    const lines = events.map(describeMessage).join("\n");
    for (const word of [
      "'fetch",
      "'deposit-gift",
      "'withdraw-gift",
      "<desc:handoff-give <key>",
      "<signature>",
      "/s/[swiss number]",
      "op:abort",
      "at 3",
    ]) {
      expect(lines).toContain(word);
    }
    expectNone(lines, secrets);
    const raw = events
      .map(({ message }) => describeSyrup(message, { bytesShownMax: 100, textShownMax: 1e4, itemsShownMax: 1e3 }))
      .join("\n");
    const seen = secrets.filter((secret) => piecesOf(secret).some((piece) => raw.includes(piece)));
    expect(seen.length).toBeGreaterThan(20);
  });

  it("stand in no line of any message, in whatever place and form", () => {
    const secret = fc.uint8Array({ minLength: 16, maxLength: 64 }).filter((bytes) => (bytes[0] as number) > 0);
    const place = fc.constantFrom<(text: string) => SyrupValue>(
      (text) => text,
      (text) => `see ocapn://x.websocket/s/${text}?url=${text}`,
      (text) => `${"a ".repeat(38)}${text} b`,
      (text) => makeSelector(text),
      (text) => new SyrupStruct([[text, [text]]]),
      (text) => new SyrupSet([text]),
      (text) => new SyrupRecord(makeSelector(text), [text]),
      (text) => record("desc:error", `Error: ${text}`),
      (text) => record("ocapn-sturdyref", record("ocapn-peer", makeSelector("tcp"), "x", false), text),
      (text) => (/^\d+$/.test(text) ? BigInt(text) : text),
      (text) => new TextEncoder().encode(text),
    );
    const operation = fc.constantFrom<(value: SyrupValue) => SyrupRecord>(
      (value) => record("op:deliver", record("desc:export", 1n), [makeSelector("put"), value], false, false),
      (value) => record("op:deliver", record("desc:export", 0n), [value, value], value, value),
      (value) => record("op:deliver", value, value, value, value),
      (value) => record("op:abort", value),
      (value) => record("op:get", record("desc:answer", 1n), value, 2n),
      (value) => record("op:start-session", value, value, value, value),
      (value) => record("op:gc-exports", value, [value], value),
    );
    fc.assert(
      fc.property(secret, fc.constantFrom(...FORMS), place, operation, (bytes, form, put, wrap) => {
        expectNone(describeOperation(encodeSyrup(wrap(put(form(bytes))))), [bytes]);
      }),
    );
  });

  it("of any length stand in no line where the protocol has them as text", () => {
    const short = "my.key~";
    for (const method of ["fetch", "deposit-gift"]) {
      expect(describeRecord("op:deliver", record("desc:export", 0n), [makeSelector(method), short], 1n, false)).toBe(
        `op:deliver <desc:export 0> ['${method} <secret>] answer 1`,
      );
    }
    expect(describeRecord("op:abort", `OCAPN://a.b/s/${short}?x=1 and ocapn://c.d`)).toBe(
      'op:abort "ocapn://a.b/s/[swiss number]?x=1 and ocapn://c.d"',
    );
  });

  it("never make it throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(describeOperation(bytes).length).toBeLessThanOrEqual(WIRE_LINE_LENGTH_MAX);
      }),
    );
  });
});
