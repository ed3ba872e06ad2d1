/**
 * The power `http`: requests to chosen origins, by chosen methods, within limits. Every redirect is judged like a request of its
 * own. Nothing of the host goes along: no cookies, no credentials.
 *
 * @module
 */
import { M } from "../passable/index.ts";
import type { Clock } from "./clock.ts";
import { PowerError } from "./errors.ts";
import { makeOriginTest, type OriginTest } from "./http-origins.ts";
import {
  checkHeaders,
  type Fetch,
  type FetchResponse,
  HEADER_LENGTH_MAX,
  HEADERS_MAX,
  type HttpRequest,
  headersOf,
  parseHttpUrl,
  readBody,
  redirected,
  URL_LENGTH_MAX,
} from "./http-request.ts";
import { makePower } from "./power.ts";
import { makeByteBucket, makeRateWindow } from "./rate.ts";

/** "manual" gives the redirect itself as the answer; "error" fails at one. Default: "follow". */
export type RedirectMode = "follow" | "manual" | "error";

export interface HttpGetOptions {
  readonly headers?: { readonly [name: string]: string } | undefined;
  readonly redirect?: RedirectMode | undefined;
}

export interface HttpRequestOptions extends HttpGetOptions {
  /** Default: GET. */
  readonly method?: string | undefined;
  readonly body?: Uint8Array | string | undefined;
}

export interface HttpAnswer {
  /** Of the last request, after redirects. */
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  /** Names in lower case; `set-cookie` may be there several times. */
  readonly headers: readonly (readonly string[])[];
  readonly body: Uint8Array;
  readonly redirected: boolean;
}

export interface HttpPower {
  readonly get: (url: string, options?: HttpGetOptions) => Promise<HttpAnswer>;
  readonly request: (url: string, options?: HttpRequestOptions) => Promise<HttpAnswer>;
}

export interface HttpPowerOptions {
  /** Such as `https://api.example.com`, `https://*.example.com`; see http-origins.ts. */
  readonly origins: readonly string[];
  /** Default: GET and HEAD. */
  readonly methods?: readonly string[];
  /** Of one answer's body. Default: `RESPONSE_BYTES_MAX`, which is also the most. */
  readonly responseBytesMax?: number;
  /** Of one request's body. Default: 1 MiB. */
  readonly requestBytesMax?: number;
  /** Default: 5. */
  readonly redirectsMax?: number;
  /** For one answer, with all its redirects. Needs the clock. */
  readonly timeoutMs?: number;
  /** Requests (each redirect is one) in any stretch of `perMs`; bytes of both directions on the average of one. */
  readonly rate?: { readonly requests?: number; readonly bytes?: number; readonly perMs: number };
  /** For `timeoutMs` and `rate`. */
  readonly clock?: Clock;
  /** Requests under way at the same time. Default: 16. */
  readonly requestsAtOnceMax?: number;
}

/** As much as a message can carry, as base64, with room to spare. */
export const RESPONSE_BYTES_MAX: number = 8 << 20;
export const REQUEST_BYTES_DEFAULT: number = 1 << 20;
export const REDIRECTS_DEFAULT = 5;
export const REQUESTS_AT_ONCE_DEFAULT = 16;

const url = M.named("url", M.string({ lengthMax: URL_LENGTH_MAX }));
const headers = M.recordOf(M.string({ lengthMax: HEADER_LENGTH_MAX }), { sizeMax: HEADERS_MAX });
const redirect = M.literal("follow", "manual", "error");
const answer = M.record({
  url: M.string(),
  status: M.integer(),
  statusText: M.string(),
  headers: M.array(M.array(M.string(), { lengthMax: 2 })),
  body: M.bytes({ lengthMax: RESPONSE_BYTES_MAX }),
  redirected: M.boolean(),
});

const guard = M.interface("http", {
  get: M.callWhen(url)
    .optional(M.named("options", M.partial({ headers, redirect })))
    .returns(answer)
    .reads(),
  request: M.callWhen(url)
    .optional(
      M.named(
        "options",
        M.partial({ headers, redirect, method: M.string({ lengthMax: 32 }), body: M.or(M.bytes(), M.string()) }),
      ),
    )
    .returns(answer),
});

export function makeHttpPower(fetch: Fetch, options: HttpPowerOptions): HttpPower {
  const send = makeSender(fetch, options);
  return makePower("http", guard, {
    get: (url, init) => send(url, { ...init }),
    request: (url, init) => send(url, { ...init }),
  });
}

interface Limits {
  readonly covers: OriginTest;
  readonly methods: ReadonlySet<string>;
  readonly responseBytesMax: number;
  readonly requestBytesMax: number;
  readonly redirectsMax: number;
  readonly requestsAtOnceMax: number;
}

/** Protocols of their own, and what would show a request to somebody else. */
const METHODS_NEVER: readonly string[] = ["CONNECT", "TRACE", "TRACK"];

function readLimits(options: HttpPowerOptions): Limits {
  const methods = new Set((options.methods ?? ["GET", "HEAD"]).map((method) => method.toUpperCase()));
  for (const method of METHODS_NEVER) {
    if (methods.has(method)) throw new RangeError(`methods: ${method} cannot be granted`);
  }
  const responseBytesMax = options.responseBytesMax ?? RESPONSE_BYTES_MAX;
  if (!(responseBytesMax >= 0 && responseBytesMax <= RESPONSE_BYTES_MAX)) {
    throw new RangeError(`responseBytesMax: expected 0 to ${RESPONSE_BYTES_MAX}, got ${responseBytesMax}`);
  }
  return {
    covers: makeOriginTest(options.origins),
    methods,
    responseBytesMax,
    requestBytesMax: options.requestBytesMax ?? REQUEST_BYTES_DEFAULT,
    redirectsMax: options.redirectsMax ?? REDIRECTS_DEFAULT,
    requestsAtOnceMax: options.requestsAtOnceMax ?? REQUESTS_AT_ONCE_DEFAULT,
  };
}

type Rates = { takeRequest(): void; assertBytes(): void; countBytes(bytes: number): void };

function makeRates({ rate, clock }: HttpPowerOptions): Rates {
  if (rate === undefined) return { takeRequest() {}, assertBytes() {}, countBytes() {} };
  if (clock === undefined) throw new TypeError("clock: expected a clock, because there is a rate");
  const { requests, bytes, perMs } = rate;
  const take = requests === undefined ? () => true : makeRateWindow({ calls: requests, perMs, clock });
  const bucket = bytes === undefined ? undefined : makeByteBucket({ bytes, perMs, clock });
  return {
    takeRequest() {
      if (!take()) throw new PowerError("rate-limited", `at most ${requests} requests in ${perMs} ms`);
    },
    assertBytes() {
      if (bucket?.isEmpty() === true) throw new PowerError("rate-limited", `at most ${bytes} bytes in ${perMs} ms`);
    },
    countBytes: (count) => bucket?.take(count),
  };
}

function makeSender(fetch: Fetch, options: HttpPowerOptions) {
  const limits = readLimits(options);
  const rates = makeRates(options);
  if (options.timeoutMs !== undefined && options.clock === undefined) {
    throw new TypeError("clock: expected a clock, because there is a timeoutMs");
  }
  let underWay = 0;
  return async (url: string, init: HttpRequestOptions): Promise<HttpAnswer> => {
    const request = makeRequest(url, init, limits);
    if (underWay >= limits.requestsAtOnceMax) {
      throw new PowerError("rate-limited", `${underWay} requests are under way already`);
    }
    underWay++;
    const ended = new AbortController();
    try {
      const work = follow(fetch, request, { limits, rates, mode: init.redirect ?? "follow", signal: ended.signal });
      return await withTimeout(work, options, ended);
    } finally {
      underWay--;
      ended.abort();
    }
  };
}

function makeRequest(url: string, init: HttpRequestOptions, limits: Limits): HttpRequest {
  const method = (init.method ?? "GET").toUpperCase();
  const body = typeof init.body === "string" ? new TextEncoder().encode(init.body) : init.body;
  if (body !== undefined && (method === "GET" || method === "HEAD")) {
    throw new PowerError("unsupported", `${method} has no body`);
  }
  if (body !== undefined && body.length > limits.requestBytesMax) {
    throw new PowerError("too-big", `the request has ${body.length} bytes; at most ${limits.requestBytesMax}`);
  }
  return { url: parseHttpUrl(url), method, headers: checkHeaders(init.headers ?? {}), body };
}

interface Journey {
  readonly limits: Limits;
  readonly rates: Rates;
  readonly mode: RedirectMode;
  readonly signal: AbortSignal;
}

async function follow(fetch: Fetch, first: HttpRequest, journey: Journey): Promise<HttpAnswer> {
  const { limits, rates, mode } = journey;
  let request = first;
  for (let redirects = 0; ; redirects++) {
    assertGranted(request, limits);
    rates.assertBytes();
    rates.takeRequest();
    rates.countBytes(request.body?.length ?? 0);
    const response = await ask(fetch, request, journey.signal);
    const next = mode === "manual" ? undefined : redirected(request, response);
    if (next === undefined) return await readAnswer(response, request, { limits, rates, isRedirected: redirects > 0 });
    await response.body?.cancel();
    if (mode === "error") throw new PowerError("denied", "the answer is a redirect");
    if (redirects >= limits.redirectsMax) throw new PowerError("denied", `more than ${limits.redirectsMax} redirects`);
    request = next;
  }
}

function assertGranted(request: HttpRequest, limits: Limits): void {
  if (!limits.covers(request.url)) throw new PowerError("not-granted", `the origin ${request.url.origin}`);
  if (!limits.methods.has(request.method)) throw new PowerError("not-granted", "the method of the request");
}

/** What goes wrong down there is told to the host alone, as the cause: it may speak of proxies, addresses, certificates. */
async function ask(fetch: Fetch, request: HttpRequest, signal: AbortSignal): Promise<FetchResponse> {
  try {
    return await fetch(request.url.href, {
      method: request.method,
      headers: [...request.headers].map(([name, value]) => [name, value]),
      ...(request.body === undefined ? {} : { body: new Uint8Array(request.body) }),
      redirect: "manual",
      credentials: "omit",
      signal,
    });
  } catch (error) {
    throw new PowerError("io", `no answer from ${request.url.origin}`, { cause: error });
  }
}

async function readAnswer(
  response: FetchResponse,
  request: HttpRequest,
  context: { readonly limits: Limits; readonly rates: Rates; readonly isRedirected: boolean },
): Promise<HttpAnswer> {
  const limits = { bytesMax: context.limits.responseBytesMax, count: context.rates.countBytes };
  const body = await readBody(response, limits).catch((error: unknown) => {
    if (error instanceof PowerError) throw error;
    throw new PowerError("io", `the answer of ${request.url.origin} broke off`, { cause: error });
  });
  return {
    url: request.url.href,
    status: response.status,
    statusText: response.statusText,
    headers: headersOf(response),
    body,
    redirected: context.isRedirected,
  };
}

async function withTimeout<T>(work: Promise<T>, options: HttpPowerOptions, ended: AbortController): Promise<T> {
  const { timeoutMs, clock } = options;
  if (timeoutMs === undefined || clock === undefined) return await work;
  const late = async (): Promise<never> => {
    const end = clock.monotonic() + BigInt(Math.round(timeoutMs * 1e6));
    // Waits may end early.
    for (let left = end - clock.monotonic(); left > 0n && !ended.signal.aborted; left = end - clock.monotonic()) {
      await clock.wait(left, ended.signal);
    }
    ended.abort();
    throw new PowerError("io", `no answer within ${timeoutMs} ms`);
  };
  const waiting = late();
  // When the work is done first, the wait ends by the signal, and nobody listens any more.
  waiting.catch(() => {});
  work.catch(() => {});
  return await Promise.race([work, waiting]);
}
