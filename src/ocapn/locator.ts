/**
 * Where a peer is, and what object there (OCapN Locators draft): as values, and as the URIs
 * `ocapn://<designator>.<transport>[/s/<swiss number>][?<hint>=<value>&...]` that travel outside of sessions.
 *
 * @module
 */

import { base64ToBytes, bytesToBase64 } from "../bytes/index.ts";
import { OcapnError } from "./errors.ts";
import {
  DESIGNATOR_LENGTH_MAX,
  HINT_NAME_LENGTH_MAX,
  HINT_VALUE_LENGTH_MAX,
  HINTS_MAX,
  SWISS_NUMBER_BYTES_MAX,
  TRANSPORT_LENGTH_MAX,
  URI_LENGTH_MAX,
} from "./limits.ts";

/** Designator and transport say which peer; hints only help to find it, and take no part in equality. */
export interface PeerLocator {
  readonly transport: string;
  readonly designator: string;
  readonly hints: { readonly [name: string]: string } | false;
}

/** Who knows it can get the object: it is a capability. */
export interface SturdyrefLocator {
  readonly peer: PeerLocator;
  /** Secret. */
  readonly swissNumber: Uint8Array;
}

const URI = /^ocapn:\/\/([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/i;
/** What RFC 3986 allows unescaped: in a host (3.2.2), in a segment of a path (3.3), in a query (3.4) less its separators. */
const HOST_TEXT = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/;
const SEGMENT_TEXT = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*$/;
const QUERY_TEXT = /^(?:[A-Za-z0-9\-._~!$'()*+,;:@/?]|%[0-9A-Fa-f]{2})*$/;

/**
 * Goblins and Endo write the bytes of a swiss number as base64url; the draft says a string, escaped where needed, and the
 * conformance suite's are such strings, which often happen to be base64url too. Their length tells them apart: what others
 * generate has 32 bytes, so 43 characters in base64url (or 44 with padding, from older Goblins). Exactly that is read as
 * base64url, and all else as escaped bytes.
 */
const BASE64URL_OF_32_BYTES = /^[A-Za-z0-9\-_]{42}[AEIMQUYcgkosw048]=?$/;
const GENERATED_BYTES = 32;
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

/** Same peer: hints don't matter. */
export function samePeer(a: PeerLocator, b: PeerLocator): boolean {
  return a.transport === b.transport && a.designator === b.designator;
}

/** Equal for the locators of one peer, and only for them. A transport has no dot, so the first one ends it. */
export function peerKey(locator: PeerLocator): string {
  return `${locator.transport}.${locator.designator}`;
}

/** The hint of that name, if there is one. Other peers choose the names: never look them up as plain properties. */
export function hintOf(locator: PeerLocator, name: string): string | undefined {
  return locator.hints !== false && Object.hasOwn(locator.hints, name) ? locator.hints[name] : undefined;
}

/** Checks the parts and freezes them. `what` names them in errors. */
export function makePeerLocator(parts: PeerLocator, what = "locator"): PeerLocator {
  const { transport, designator, hints } = parts;
  if (transport === "" || transport.includes(".")) {
    throw new OcapnError("malformed", `${what}: expected a transport without dots, got ${JSON.stringify(transport)}`);
  }
  if (designator === "") throw new OcapnError("malformed", `${what}: the designator is empty`);
  assertText(transport, TRANSPORT_LENGTH_MAX, `${what}: the transport`);
  assertText(designator, DESIGNATOR_LENGTH_MAX, `${what}: the designator`);
  return Object.freeze({ transport, designator, hints: hints === false ? false : checkHints(hints, what) });
}

function checkHints(hints: { readonly [name: string]: string }, what: string): { readonly [name: string]: string } {
  const entries = Object.entries(hints);
  if (entries.length > HINTS_MAX) throw new OcapnError("limit", `${what}: more than ${HINTS_MAX} hints`);
  for (const [name, value] of entries) {
    if (name === "") throw new OcapnError("malformed", `${what}: a hint has no name`);
    assertText(name, HINT_NAME_LENGTH_MAX, `${what}: the name of a hint`);
    assertText(value, HINT_VALUE_LENGTH_MAX, `${what}: the hint ${JSON.stringify(name)}`);
  }
  // Defines the properties, so that a hint called __proto__ is only a hint.
  return Object.freeze(Object.fromEntries(entries));
}

function assertText(text: string, lengthMax: number, what: string): void {
  if (text.length > lengthMax) throw new OcapnError("limit", `${what} has more than ${lengthMax} characters`);
  if (!text.isWellFormed()) throw new OcapnError("malformed", `${what} is no Unicode text`);
}

export function parsePeerUri(uri: string): PeerLocator {
  const { peer, path } = splitUri(uri);
  if (path !== "" && path !== "/") {
    throw new OcapnError("malformed", "peer URI: expected nothing between host and hints; is it a sturdyref?");
  }
  return peer;
}

/** Errors never quote the swiss number. */
export function parseSturdyrefUri(uri: string): SturdyrefLocator {
  const { peer, path } = splitUri(uri);
  const segment = path.slice("/s/".length);
  if (!path.startsWith("/s/") || segment === "" || !SEGMENT_TEXT.test(segment)) {
    throw new OcapnError("malformed", "sturdyref URI: expected /s/ and a swiss number after the host");
  }
  const swissNumber = BASE64URL_OF_32_BYTES.test(segment)
    ? base64ToBytes(segment.replaceAll("-", "+").replaceAll("_", "/"))
    : unescapeBytes(segment);
  return Object.freeze({ peer, swissNumber: checkSwissNumber(swissNumber, "sturdyref URI") });
}

/** Hints come sorted: one peer, one text. */
export function formatPeerUri(locator: PeerLocator): string {
  return formatUri(locator, "");
}

export function formatSturdyrefUri(locator: SturdyrefLocator): string {
  return formatUri(locator.peer, `/s/${formatSwissNumber(checkSwissNumber(locator.swissNumber, "sturdyref"))}`);
}

function checkSwissNumber(swissNumber: Uint8Array, what: string): Uint8Array {
  if (swissNumber.length === 0) throw new OcapnError("malformed", `${what}: the swiss number is empty`);
  if (swissNumber.length > SWISS_NUMBER_BYTES_MAX) {
    throw new OcapnError("limit", `${what}: the swiss number has more than ${SWISS_NUMBER_BYTES_MAX} bytes`);
  }
  return swissNumber;
}

function splitUri(uri: string): { readonly peer: PeerLocator; readonly path: string } {
  if (uri.length > URI_LENGTH_MAX) throw new OcapnError("limit", `URI: more than ${URI_LENGTH_MAX} characters`);
  const parts = URI.exec(uri);
  const host = parts?.[1] ?? "";
  const dot = host.lastIndexOf(".");
  if (parts === null || dot < 0) {
    throw new OcapnError("malformed", "URI: expected ocapn://<designator>.<transport>, a path and hints, no fragment");
  }
  const peer = makePeerLocator(
    {
      transport: unescapeText(host.slice(dot + 1), HOST_TEXT, "transport"),
      designator: unescapeText(host.slice(0, dot), HOST_TEXT, "designator"),
      hints: parts[3] === undefined ? false : parseHints(parts[3]),
    },
    "URI",
  );
  return { peer, path: parts[2] ?? "" };
}

function parseHints(query: string): { readonly [name: string]: string } {
  const hints = new Map<string, string>();
  for (const field of query.split("&", HINTS_MAX + 1)) {
    const [name, value, ...more] = field.split("=").map((text) => {
      // Space, as all other implementations read it; we write %2B and %20.
      return unescapeText(text.replaceAll("+", "%20"), QUERY_TEXT, "hint");
    });
    if (name === undefined || value === undefined || more.length > 0) {
      throw new OcapnError("malformed", "URI: expected hints as name=value, joined by &");
    }
    if (hints.has(name)) throw new OcapnError("malformed", `URI: the hint ${JSON.stringify(name)} comes twice`);
    hints.set(name, value);
  }
  return Object.fromEntries(hints);
}

function unescapeText(text: string, allowed: RegExp, what: string): string {
  if (!allowed.test(text)) throw new OcapnError("malformed", `URI: characters in the ${what} that must be escaped`);
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new OcapnError("malformed", `URI: escapes in the ${what} that are no UTF-8`, { cause });
  }
}

function formatUri(locator: PeerLocator, path: string): string {
  const { transport, designator, hints } = makePeerLocator(locator);
  const fields = Object.entries(hints === false ? {} : hints)
    .map((entry) => entry.map(encodeURIComponent).join("="))
    .sort();
  const query = fields.length === 0 ? "" : `?${fields.join("&")}`;
  return `ocapn://${encodeURIComponent(designator)}.${encodeURIComponent(transport)}${path}${query}`;
}

function formatSwissNumber(bytes: Uint8Array): string {
  if (bytes.length === GENERATED_BYTES) {
    return bytesToBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  }
  const text = Array.from(bytes, escapeByte).join("");
  // One escape more than needed, and it is not read as base64url.
  return BASE64URL_OF_32_BYTES.test(text) ? percentEscape(bytes[0] as number) + text.slice(1) : text;
}

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return UNRESERVED.test(character) ? character : percentEscape(byte);
}

function percentEscape(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

function unescapeBytes(segment: string): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < segment.length; at += 1) {
    if (segment[at] === "%") {
      bytes.push(Number.parseInt(segment.slice(at + 1, at + 3), 16));
      at += 2;
    } else bytes.push(segment.charCodeAt(at));
  }
  return Uint8Array.from(bytes);
}
