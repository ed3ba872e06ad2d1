/**
 * Locators as URIs: round trips, what other implementations write, limits, and text that is none.
 *
 * @module
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OcapnError, type OcapnErrorCode } from "./errors.ts";
import {
  DESIGNATOR_LENGTH_MAX,
  HINT_NAME_LENGTH_MAX,
  HINT_VALUE_LENGTH_MAX,
  HINTS_MAX,
  SWISS_NUMBER_BYTES_MAX,
  TRANSPORT_LENGTH_MAX,
  URI_LENGTH_MAX,
} from "./limits.ts";
import {
  formatPeerUri,
  formatSturdyrefUri,
  hintOf,
  makePeerLocator,
  type PeerLocator,
  parsePeerUri,
  parseSturdyrefUri,
  peerKey,
  samePeer,
} from "./locator.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const peer: PeerLocator = { transport: "tcp-testing-only", designator: "abc", hints: false };

function errorOf(work: () => unknown): { readonly code: OcapnErrorCode; readonly message: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof OcapnError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const text = fc.string({ unit: "binary", minLength: 1, maxLength: 40 });
const hints = fc.oneof(
  fc.constant(false as const),
  fc.dictionary(text, fc.string({ unit: "binary", maxLength: 40 }), { minKeys: 1, maxKeys: 5 }),
);
const locators: fc.Arbitrary<PeerLocator> = fc.record({
  transport: text.filter((transport) => !transport.includes(".")),
  designator: text,
  hints,
});

describe("peer URIs", () => {
  it("reads and writes the suite's form", () => {
    const uri = "ocapn://a2ef69ddd5f84840970612ff660f5058.tcp-testing-only?host=127.0.0.1&port=22046";
    const locator = parsePeerUri(uri);
    expect(locator).toEqual({
      transport: "tcp-testing-only",
      designator: "a2ef69ddd5f84840970612ff660f5058",
      hints: { host: "127.0.0.1", port: "22046" },
    });
    expect(formatPeerUri(locator)).toBe(uri);
  });

  it("reads URLs in hints, escaped or not, and plus as a space", () => {
    const escaped = parsePeerUri("ocapn://k.websocket?url=ws%3A%2F%2F127.0.0.1%3A8080");
    expect(escaped.hints).toEqual({ url: "ws://127.0.0.1:8080" });
    expect(parsePeerUri("ocapn://k.websocket?url=ws://127.0.0.1:8080/x?y").hints).toEqual({
      url: "ws://127.0.0.1:8080/x?y",
    });
    expect(parsePeerUri("ocapn://k.websocket?a=b+c%2Bd").hints).toEqual({ a: "b c+d" });
  });

  it("takes the last dot as the separator, keeps case, and lets the scheme have any", () => {
    expect(parsePeerUri("OCAPN://A.b.C.onion/")).toEqual({ transport: "onion", designator: "A.b.C", hints: false });
  });

  it("survives a round trip, whatever is in it", () => {
    fc.assert(
      fc.property(locators, (locator) => {
        const uri = formatPeerUri(locator);
        expect(uri).toMatch(/^[\x21-\x7e]+$/);
        expect(parsePeerUri(uri)).toEqual(locator);
        expect(formatPeerUri(parsePeerUri(uri))).toBe(uri);
      }),
    );
  });

  it("takes any text, and either reads it or refuses it by an OcapnError", () => {
    const piece = fc.oneof(
      fc.constantFrom("ocapn://", "a", ".", "tcp", "/s/", "?", "&", "=", "%", "%41", "%ff", "+", "#", "[", "@", "\0"),
      fc.string({ unit: "binary", maxLength: 3 }),
    );
    const uris = fc.array(piece, { maxLength: 12 }).map((pieces) => `ocapn://${pieces.join("")}`);
    fc.assert(
      fc.property(fc.oneof(uris, fc.string({ unit: "binary" })), (uri) => {
        for (const parse of [parsePeerUri, parseSturdyrefUri]) {
          try {
            parse(uri);
          } catch (error) {
            expect(error).toBeInstanceOf(OcapnError);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["http://a.b", "expected ocapn://"],
    ["ocapn:a.b", "expected ocapn://"],
    ["ocapn://", "expected ocapn://"],
    ["ocapn://nodot", "expected ocapn://"],
    ["ocapn://a.b#c", "no fragment"],
    [" ocapn://a.b", "expected ocapn://"],
    ["ocapn://.tcp", "the designator is empty"],
    ["ocapn://a.", "a transport without dots"],
    ["ocapn://a.b%2Ec", "a transport without dots"],
    ["ocapn://user@a.tcp", "characters in the designator"],
    ["ocapn://a.tcp:80", "characters in the transport"],
    ["ocapn://a%.tcp", "characters in the designator"],
    ["ocapn://a%ff.tcp", "no UTF-8"],
    ["ocapn://ä.tcp", "characters in the designator"],
    ["ocapn://a.tcp/x", "expected nothing between host and hints"],
    ["ocapn://a.tcp/s/abc", "is it a sturdyref?"],
    ["ocapn://a.tcp?", "name=value"],
    ["ocapn://a.tcp?x", "name=value"],
    ["ocapn://a.tcp?x=1=2", "name=value"],
    ["ocapn://a.tcp?x=1&", "name=value"],
    ["ocapn://a.tcp?=1", "a hint has no name"],
    ["ocapn://a.tcp?x=1&x=2", '"x" comes twice'],
    ["ocapn://a.tcp?x=a b", "characters in the hint"],
    ["ocapn://a.tcp?x=%e4", "no UTF-8"],
  ])("refuses %s", (uri, reason) => {
    const error = errorOf(() => parsePeerUri(uri));
    expect(error.code).toBe("malformed");
    expect(error.message).toContain(reason);
  });

  it("keeps a hint called __proto__ a hint", () => {
    const locator = parsePeerUri("ocapn://a.tcp?__proto__=x");
    expect(hintOf(locator, "__proto__")).toBe("x");
    expect(hintOf(locator, "toString")).toBeUndefined();
    expect(formatPeerUri(locator)).toBe("ocapn://a.tcp?__proto__=x");
  });
});

describe("sturdyref URIs", () => {
  it.each([
    "JadQ0++RzsD4M+40uLxTWVaVqM10DcBJ",
    "IO58l1laTyhcrgDKbEzFOO32MDd6zE5w",
    "VMDDd1voKWarCe2GvgLbxbVFysNzRPzx",
    "IokCxYmMj04nos2JN1TDoY1bT8dXh6Lr",
    "gi02I1qghIwPiKGKleCQAOhpy3ZtYRpB",
    "greeter",
  ])("reads the string %s as the draft and the suite mean it", (swiss) => {
    const swissNumber = parseSturdyrefUri(`ocapn://abc.tcp-testing-only/s/${swiss}`).swissNumber;
    expect(swissNumber).toEqual(ascii(swiss));
    const again = parseSturdyrefUri(formatSturdyrefUri({ peer, swissNumber }));
    expect(again).toEqual({ peer, swissNumber });
  });

  it("reads and writes 32 bytes as Goblins and Endo do", () => {
    const swissNumber = Uint8Array.from({ length: 32 }, (_, at) => 255 - at * 3);
    const segment = Buffer.from(swissNumber).toString("base64url");
    const uri = `ocapn://k.websocket/s/${segment}?url=ws%3A%2F%2Fa`;
    expect(parseSturdyrefUri(uri).swissNumber).toEqual(swissNumber);
    expect(parseSturdyrefUri(`ocapn://k.websocket/s/${segment}=`).swissNumber).toEqual(swissNumber);
    expect(formatSturdyrefUri(parseSturdyrefUri(uri))).toBe(uri);
  });

  it("keeps any bytes, those that look like base64url too", () => {
    const lookalike = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => {
      return ascii(Buffer.from(bytes).toString("base64url"));
    });
    const swissNumbers = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: SWISS_NUMBER_BYTES_MAX }), lookalike);
    fc.assert(
      fc.property(locators, swissNumbers, (locator, swissNumber) => {
        const uri = formatSturdyrefUri({ peer: locator, swissNumber });
        expect(uri).toMatch(/^[\x21-\x7e]+$/);
        const sturdyref = parseSturdyrefUri(uri);
        expect(sturdyref.peer).toEqual(locator);
        expect([...sturdyref.swissNumber]).toEqual([...swissNumber]);
      }),
    );
  });

  it.each(["", "/", "/s", "/s/", "/s/a/b", "/t/abc", "/s/a[b", "/s/%4", "/s/ä"])("refuses the path %j", (path) => {
    const error = errorOf(() => parseSturdyrefUri(`ocapn://abc.tcp${path}`));
    expect(error.code).toBe("malformed");
    expect(error.message).toContain("swiss number");
  });

  it("does not quote the swiss number in errors", () => {
    expect(errorOf(() => parseSturdyrefUri("ocapn://abc.tcp/s/secret{")).message).not.toContain("secret");
    expect(errorOf(() => parsePeerUri("ocapn://abc.tcp/s/secret")).message).not.toContain("secret");
  });
});

describe("peers", () => {
  it("are the same by designator and transport", () => {
    const other = { ...peer, hints: { host: "localhost" } };
    expect(samePeer(peer, other)).toBe(true);
    expect(peerKey(peer)).toBe(peerKey(other));
    expect(samePeer(peer, { ...peer, designator: "abd" })).toBe(false);
    expect(samePeer(peer, { ...peer, transport: "onion" })).toBe(false);
  });

  it("have equal keys only if they are the same", () => {
    const short = fc.string({ unit: fc.constantFrom("a", ".", "-"), minLength: 1, maxLength: 4 });
    const some = fc.record({
      transport: short.filter((transport) => !transport.includes(".")),
      designator: short,
      hints: fc.constant(false as const),
    });
    fc.assert(fc.property(some, some, (a, b) => (peerKey(a) === peerKey(b)) === samePeer(a, b)));
  });
});

describe("limits", () => {
  const many = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`h${at}`, ""]));

  it.each<[string, number, (size: number) => unknown]>([
    ["transport", TRANSPORT_LENGTH_MAX, (size) => makePeerLocator({ ...peer, transport: "t".repeat(size) })],
    ["designator", DESIGNATOR_LENGTH_MAX, (size) => makePeerLocator({ ...peer, designator: "d".repeat(size) })],
    ["hints", HINTS_MAX, (size) => makePeerLocator({ ...peer, hints: many(size) })],
    ["hints of a URI", HINTS_MAX, (size) => parsePeerUri(`ocapn://a.b?${Object.keys(many(size)).join("=&")}=`)],
    ["name of a hint", HINT_NAME_LENGTH_MAX, (size) => makePeerLocator({ ...peer, hints: { ["n".repeat(size)]: "" } })],
    ["hint", HINT_VALUE_LENGTH_MAX, (size) => makePeerLocator({ ...peer, hints: { n: "v".repeat(size) } })],
    ["swiss number", SWISS_NUMBER_BYTES_MAX, (size) => formatSturdyrefUri({ peer, swissNumber: new Uint8Array(size) })],
    ["swiss number of a URI", SWISS_NUMBER_BYTES_MAX, (size) => parseSturdyrefUri(`ocapn://a.b/s/${"x".repeat(size)}`)],
  ])("of the %s", (_, limit, work) => {
    expect(() => work(limit)).not.toThrow();
    expect(errorOf(() => work(limit + 1)).code).toBe("limit");
  });

  it("of the whole URI", () => {
    const hint = `&x=${"%41".repeat(HINT_VALUE_LENGTH_MAX)}`;
    const start = `ocapn://a.b?${["a", "b"].map((name) => hint.replace("&x", name)).join("&")}&c=`;
    const fitting = start + "%41".repeat(1_000) + "A".repeat(URI_LENGTH_MAX - start.length - 3_000);
    expect(fitting.length).toBe(URI_LENGTH_MAX);
    expect(errorOf(() => parsePeerUri(fitting)).message).toContain('hint "c"');
    expect(errorOf(() => parsePeerUri(`${fitting}A`)).message).toContain(`more than ${URI_LENGTH_MAX}`);
  });

  it.each([
    [{ ...peer, transport: "" }],
    [{ ...peer, transport: "a.b" }],
    [{ ...peer, designator: "" }],
    [{ ...peer, designator: "\ud800" }],
    [{ ...peer, hints: { "": "x" } }],
    [{ ...peer, hints: { x: "\udfff" } }],
  ])("refuses %j", (parts) => {
    expect(errorOf(() => makePeerLocator(parts, "start-session")).message).toMatch(/^start-session: /);
    expect(errorOf(() => formatPeerUri(parts)).code).toBe("malformed");
  });
});
