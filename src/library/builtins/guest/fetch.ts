/**
 * `fetch`, `Headers`, `Request` and `Response` over the power `http`. Bodies are whole: there are no streams.
 *
 * @module
 */
import type { AbortSignal } from "./event-target.ts";
import { needPower } from "./power.ts";

type HeadersInit = Headers | Iterable<readonly [string, string]> | { readonly [name: string]: string };

/** Names without case, several values joined by ", "; `set-cookie` stays several. */
export class Headers {
  readonly #values = new Map<string, string[]>();

  constructor(init: HeadersInit = {}) {
    const entries = Symbol.iterator in init ? init : Object.entries(init);
    for (const [name, value] of entries) this.append(name, value);
  }
  append(name: string, value: string): void {
    const key = String(name).toLowerCase();
    this.#values.set(key, [...(this.#values.get(key) ?? []), String(value).trim()]);
  }
  set(name: string, value: string): void {
    this.#values.set(String(name).toLowerCase(), [String(value).trim()]);
  }
  get(name: string): string | null {
    return this.#values.get(String(name).toLowerCase())?.join(", ") ?? null;
  }
  getSetCookie(): string[] {
    return [...(this.#values.get("set-cookie") ?? [])];
  }
  has(name: string): boolean {
    return this.#values.has(String(name).toLowerCase());
  }
  delete(name: string): void {
    this.#values.delete(String(name).toLowerCase());
  }
  forEach(visit: (value: string, name: string, headers: Headers) => void): void {
    for (const [name, value] of this) visit(value, name, this);
  }
  *entries(): IterableIterator<[string, string]> {
    for (const [name, values] of [...this.#values].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (name === "set-cookie") for (const value of values) yield [name, value];
      else yield [name, values.join(", ")];
    }
  }
  *keys(): IterableIterator<string> {
    for (const [name] of this) yield name;
  }
  *values(): IterableIterator<string> {
    for (const [, value] of this) yield value;
  }
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }
}

type BodyInit = string | ArrayBuffer | ArrayBufferView | { toString(): string } | null | undefined;

function bytesOf(body: BodyInit): Uint8Array | undefined {
  if (body === null || body === undefined) return undefined;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  return new TextEncoder().encode(String(body));
}

/** What a body is if its sender does not say. */
function typeOf(body: BodyInit): string | undefined {
  if (typeof body === "string") return "text/plain;charset=UTF-8";
  const name = typeof body === "object" && body !== null ? body.constructor?.name : "";
  return name === "URLSearchParams" ? "application/x-www-form-urlencoded;charset=UTF-8" : undefined;
}

class Body {
  readonly headers: Headers;
  readonly #bytes: Uint8Array | undefined;
  bodyUsed = false;

  constructor(body: BodyInit, headers: HeadersInit | undefined) {
    this.headers = new Headers(headers);
    this.#bytes = bytesOf(body);
    const type = typeOf(body);
    if (type !== undefined && !this.headers.has("content-type")) this.headers.set("content-type", type);
  }
  /** The bytes, which stay here. */
  static peek(body: Body): Uint8Array | undefined {
    return body.#bytes;
  }
  #take(): Uint8Array {
    if (this.bodyUsed) throw new TypeError("Body is unusable: Body has already been read");
    this.bodyUsed = this.#bytes !== undefined;
    return this.#bytes ?? new Uint8Array(0);
  }
  async bytes(): Promise<Uint8Array> {
    return this.#take().slice();
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return new Uint8Array(this.#take()).buffer;
  }
  async text(): Promise<string> {
    return new TextDecoder().decode(this.#take());
  }
  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }
}

interface RequestInit {
  readonly method?: string;
  readonly headers?: HeadersInit;
  readonly body?: BodyInit;
  readonly redirect?: "follow" | "manual" | "error";
  readonly signal?: AbortSignal | null;
}

export class Request extends Body {
  readonly url: string;
  readonly method: string;
  readonly redirect: "follow" | "manual" | "error";
  readonly signal: AbortSignal | null;

  constructor(input: string | Request | { readonly href: string }, init: RequestInit = {}) {
    const from = input instanceof Request ? input : undefined;
    super(init.body ?? (from && Body.peek(from)), init.headers ?? from?.headers);
    this.url = typeof input === "string" ? input : input instanceof Request ? input.url : input.href;
    this.method = (init.method ?? from?.method ?? "GET").toUpperCase();
    this.redirect = init.redirect ?? from?.redirect ?? "follow";
    this.signal = init.signal ?? from?.signal ?? null;
  }
  clone(): Request {
    return new Request(this);
  }
}

interface ResponseInit {
  readonly status?: number;
  readonly statusText?: string;
  readonly headers?: HeadersInit;
}

export class Response extends Body {
  readonly status: number;
  readonly statusText: string;
  readonly url: string = "";
  readonly redirected: boolean = false;
  readonly type = "basic";

  constructor(body?: BodyInit, init: ResponseInit = {}) {
    super(body, init.headers);
    this.status = init.status ?? 200;
    this.statusText = init.statusText ?? "";
  }
  static json(value: unknown, init: ResponseInit = {}): Response {
    const response = new Response(JSON.stringify(value), init);
    response.headers.set("content-type", "application/json");
    return response;
  }
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }
  clone(): Response {
    const copy = new Response(Body.peek(this), {
      status: this.status,
      statusText: this.statusText,
      headers: this.headers,
    });
    return Object.assign(copy, { url: this.url, redirected: this.redirected });
  }
}

/** As src/powers defines it. */
interface HttpAnswer {
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
  readonly redirected: boolean;
}

function aborted(signal: AbortSignal | null): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

export async function fetch(input: string | Request, init: RequestInit = {}): Promise<Response> {
  const request = new Request(input, init);
  const body = Body.peek(request);
  const http = needPower("http", `fetch("${request.url}")`);
  request.signal?.throwIfAborted();
  const asked = E(http).request(request.url, {
    method: request.method,
    headers: Object.fromEntries(request.headers),
    redirect: request.redirect,
    ...(body === undefined ? {} : { body }),
  });
  let answer: HttpAnswer;
  try {
    answer = await Promise.race([asked, aborted(request.signal)]);
  } catch (error) {
    if (request.signal?.aborted === true) throw error;
    throw new TypeError("fetch failed", { cause: error });
  }
  const response = new Response(answer.body, {
    status: answer.status,
    statusText: answer.statusText,
    headers: answer.headers,
  });
  return Object.assign(response, { url: answer.url, redirected: answer.redirected });
}

/** Asks without waiting in place: other things go on meanwhile. */
declare function E(power: object): { request(url: string, options: object): Promise<HttpAnswer> };
