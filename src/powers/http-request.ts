/**
 * What an http power asks `fetch` for, and what it makes of the answer: headers, redirects and bodies within limits.
 *
 * @module
 */
import { PowerError } from "./errors.ts";

/** The part of `fetch` that is used: the real one fits, and so does a stand-in of a few lines. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

export interface FetchInit {
  readonly method: string;
  readonly headers: [string, string][];
  readonly body?: Uint8Array<ArrayBuffer>;
  /** The power follows redirects itself. */
  readonly redirect: "manual";
  readonly credentials: "omit";
  readonly signal: AbortSignal;
}

export interface FetchResponse {
  readonly status: number;
  readonly statusText: string;
  /** "opaqueredirect" in browsers, which do not tell where one leads. */
  readonly type?: string;
  readonly headers: { forEach(callback: (value: string, name: string) => void): void };
  readonly body: ReadableStream<Uint8Array> | null;
}

export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array | undefined;
}

export const HEADERS_MAX = 128;
/** Of one name and value. */
export const HEADER_LENGTH_MAX = 8192;
export const URL_LENGTH_MAX = 8192;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The connection's own business, and what would lie about who asks. */
const FORBIDDEN_HEADERS: ReadonlySet<string> = new Set([
  "accept-charset",
  "accept-encoding",
  "access-control-request-headers",
  "access-control-request-method",
  "connection",
  "content-length",
  "cookie2",
  "date",
  "dnt",
  "expect",
  "forwarded",
  "host",
  "keep-alive",
  "origin",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
]);

/** Meant for one origin: not sent to where that one redirects. */
const HEADERS_OF_ONE_ORIGIN = ["authorization", "cookie"];
const HEADERS_OF_A_BODY = ["content-encoding", "content-language", "content-location", "content-type"];

/** By lower-case name. Throws a `PowerError` that names the header. */
export function checkHeaders(headers: { readonly [name: string]: string }): ReadonlyMap<string, string> {
  const checked = new Map<string, string>();
  const entries = Object.entries(headers);
  if (entries.length > HEADERS_MAX) throw new PowerError("too-big", `at most ${HEADERS_MAX} headers`);
  for (const [name, value] of entries) {
    const key = name.toLowerCase();
    if (!TOKEN.test(name)) throw new PowerError("denied", "a header name that is none");
    if (FORBIDDEN_HEADERS.has(key) || key.startsWith("proxy-") || key.startsWith("sec-")) {
      throw new PowerError("denied", `the header ${key} is not the caller's to set`);
    }
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw new PowerError("denied", `the header ${key}: no plain text`);
    if (name.length + value.length > HEADER_LENGTH_MAX) throw new PowerError("too-big", `the header ${key}`);
    checked.set(key, value.trim());
  }
  return checked;
}

/** Without its fragment. Throws for what is no http URL, and for one with a name and password in it. */
export function parseHttpUrl(text: string, base?: URL): URL {
  const url = URL.canParse(text, base) ? new URL(text, base) : undefined;
  if (
    url === undefined ||
    (url.protocol !== "http:" && url.protocol !== "https:") ||
    url.href.length > URL_LENGTH_MAX
  ) {
    throw new PowerError("unsupported", "expected an http or https URL");
  }
  if (url.username !== "" || url.password !== "") throw new PowerError("denied", "a URL with a name and password");
  url.hash = "";
  return url;
}

/** Where a response leads, as the fetch standard says; undefined if it leads nowhere. */
export function redirected(request: HttpRequest, response: FetchResponse): HttpRequest | undefined {
  if (response.type === "opaqueredirect") throw new PowerError("unsupported", "redirects cannot be checked here");
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  const location = headersOf(response).find(([name]) => name === "location")?.[1];
  if (location === undefined) return undefined;
  const url = parseHttpUrl(location, request.url);
  const headers = new Map(request.headers);
  if (url.origin !== request.url.origin) for (const name of HEADERS_OF_ONE_ORIGIN) headers.delete(name);
  const { status } = response;
  const becomesGet =
    status === 303 ? request.method !== "GET" && request.method !== "HEAD" : status <= 302 && request.method === "POST";
  if (!becomesGet) return { ...request, url, headers };
  for (const name of HEADERS_OF_A_BODY) headers.delete(name);
  return { url, method: "GET", headers, body: undefined };
}

export function headersOf(response: FetchResponse): readonly (readonly [string, string])[] {
  const headers: [string, string][] = [];
  response.headers.forEach((value, name) => {
    headers.push([name.toLowerCase(), value]);
  });
  return headers;
}

/** All of a body, counted as it comes (after decompression): what passes the limit is let go at once. */
export async function readBody(
  response: FetchResponse,
  { bytesMax, count }: { readonly bytesMax: number; readonly count: (bytes: number) => void },
): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.length;
    count(next.value.length);
    if (length > bytesMax) {
      await reader.cancel();
      throw new PowerError("too-big", `the answer has more than ${bytesMax} bytes`);
    }
    chunks.push(next.value);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}
