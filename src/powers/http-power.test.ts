import { describe, expect, it } from "vitest";
import {
  type Fetch,
  type FetchInit,
  HEADER_LENGTH_MAX,
  HEADERS_MAX,
  type HttpPowerOptions,
  makeHttpPower,
  makeManualClock,
  makeOriginTest,
  ORIGINS_MAX,
  powerErrorCode,
  REDIRECTS_DEFAULT,
  REQUEST_BYTES_DEFAULT,
  REQUESTS_AT_ONCE_DEFAULT,
  RESPONSE_BYTES_MAX,
} from "./index.ts";

type Page = Response | ((init: FetchInit) => Response | Promise<Response>);

/** A network of pages, which also writes down what was asked for. */
function makeNetwork(pages: { readonly [url: string]: Page }) {
  const asked: { readonly url: string; readonly method: string; readonly headers: object; readonly body: string }[] =
    [];
  const fetch: Fetch = async (url, init) => {
    const body = new TextDecoder().decode(init.body ?? new Uint8Array());
    asked.push({ url, method: init.method, headers: Object.fromEntries(init.headers), body });
    const page = pages[url];
    if (page === undefined) throw new TypeError("getaddrinfo ENOTFOUND of 10.0.0.1");
    return typeof page === "function" ? await page(init) : page.clone();
  };
  const make = (options: Partial<HttpPowerOptions> = {}) =>
    makeHttpPower(fetch, { origins: ["https://a.example"], ...options });
  return { asked, make };
}

const redirect =
  (location: string, status = 302): Page =>
  () =>
    new Response(null, { status, headers: { location } });

async function failure(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    return `${powerErrorCode(error)} ${error instanceof Error ? error.message : ""}`;
  }
}

describe("an http power", () => {
  it("asks and answers", async () => {
    const page = new Response("hello", { status: 201, headers: { "X-Made": "yes" } });
    const { asked, make } = makeNetwork({ "https://a.example/x?y=1": page });
    const answer = await make().get("https://a.example/x?y=1#part", { headers: { Accept: " text/plain " } });
    expect(answer).toMatchObject({ url: "https://a.example/x?y=1", status: 201, redirected: false });
    expect(new TextDecoder().decode(answer.body)).toBe("hello");
    expect(answer.headers).toContainEqual(["x-made", "yes"]);
    expect(asked).toEqual([
      { url: "https://a.example/x?y=1", method: "GET", headers: { accept: "text/plain" }, body: "" },
    ]);
  });

  it("asks only origins that it was given, by methods that it was given", async () => {
    const { asked, make } = makeNetwork({});
    const http = make();
    for (const url of [
      "https://b.example/",
      "http://a.example/",
      "https://a.example:8443/",
      "https://a.example.b.example/",
    ]) {
      expect(await failure(http.get(url))).toContain("not-granted http.get: not-granted: the origin");
    }
    expect(await failure(http.get("https://me:pw@a.example/"))).toContain("denied");
    for (const url of ["file:///etc/passwd", "data:,x", "a.example", "javascript:1"]) {
      expect(await failure(http.get(url))).toContain("unsupported");
    }
    expect(await failure(http.request("https://a.example/", { method: "post" }))).toContain("not-granted");
    expect(asked).toEqual([]);
    for (const method of ["CONNECT", "trace"]) expect(() => make({ methods: [method] })).toThrow("cannot be granted");
  });

  it("refuses headers that are not the caller's, and what would smuggle some in", async () => {
    const { asked, make } = makeNetwork({});
    for (const name of ["Host", "connection", "Content-Length", "Proxy-Authorization", "sec-fetch-site", "a b", ""]) {
      expect(await failure(make().get("https://a.example/", { headers: { [name]: "x" } }))).toContain("denied");
    }
    expect(await failure(make().get("https://a.example/", { headers: { a: "b\r\nhost: c" } }))).toContain("denied");
    const many = Object.fromEntries(Array.from({ length: HEADERS_MAX + 1 }, (_, at) => [`h${at}`, ""]));
    expect(await failure(make().get("https://a.example/", { headers: many }))).toContain(`at most ${HEADERS_MAX}`);
    const long = "x".repeat(HEADER_LENGTH_MAX);
    expect(await failure(make().get("https://a.example/", { headers: { a: long } }))).toContain("too-big");
    expect(await failure(make().get("https://a.example/", { headers: { a: long.slice(1) } }))).toContain("io");
    expect(asked).toHaveLength(1);
  });

  it("tells the guest nothing of how the network failed, and the host all", async () => {
    const error: unknown = await makeNetwork({})
      .make()
      .get("https://a.example/")
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: "http.get: io: no answer from https://a.example" });
    const causes = JSON.stringify(error, (key, value) => (key === "cause" ? undefined : value));
    expect(causes).not.toContain("10.0.0.1");
  });
});

describe("redirects", () => {
  it("are judged like requests of their own", async () => {
    const { asked, make } = makeNetwork({
      "https://a.example/out": redirect("https://evil.example/"),
      "https://a.example/plain": redirect("http://a.example/"),
      "https://a.example/file": redirect("file:///etc/passwd"),
      "https://a.example/in": redirect("/page"),
      "https://a.example/page": new Response("page"),
    });
    expect(await failure(make().get("https://a.example/out"))).toContain("not-granted");
    expect(await failure(make().get("https://a.example/plain"))).toContain("not-granted");
    expect(await failure(make().get("https://a.example/file"))).toContain("unsupported");
    expect(await make().get("https://a.example/in")).toMatchObject({ url: "https://a.example/page", redirected: true });
    expect(asked.map(({ url }) => url).filter((url) => !url.startsWith("https://a.example/"))).toEqual([]);
  });

  it("can be refused, or seen", async () => {
    const { make } = makeNetwork({ "https://a.example/": redirect("/x") });
    expect(await failure(make().get("https://a.example/", { redirect: "error" }))).toContain("denied");
    const seen = await make().get("https://a.example/", { redirect: "manual" });
    expect(seen).toMatchObject({ status: 302, redirected: false });
    expect(seen.headers).toContainEqual(["location", "/x"]);
  });

  it("end at their limit", async () => {
    const pages: { [url: string]: Page } = { "https://a.example/0": new Response("end") };
    for (let left = 1; left <= REDIRECTS_DEFAULT + 1; left++) {
      pages[`https://a.example/${left}`] = redirect(`/${left - 1}`);
    }
    const { make } = makeNetwork(pages);
    expect(await failure(make().get(`https://a.example/${REDIRECTS_DEFAULT}`))).toBe("none");
    expect(await failure(make().get(`https://a.example/${REDIRECTS_DEFAULT + 1}`))).toContain("more than 5 redirects");
  });

  it("turn a POST into a GET where the standard says so, and leave secrets at their origin", async () => {
    const { asked, make } = makeNetwork({
      "https://a.example/302": redirect("https://b.example/", 302),
      "https://a.example/307": redirect("https://b.example/", 307),
      "https://b.example/": new Response(""),
    });
    const http = make({ origins: ["https://a.example", "https://b.example"], methods: ["GET", "POST"] });
    const headers = { authorization: "secret", cookie: "c", "content-type": "text/plain", "x-own": "1" };
    await http.request("https://a.example/302", { method: "POST", body: "data", headers });
    await http.request("https://a.example/307", { method: "POST", body: "data", headers });
    expect(asked[1]).toMatchObject({ method: "GET", body: "", headers: { "x-own": "1" } });
    expect(asked[3]).toMatchObject({ method: "POST", body: "data" });
    for (const at of [1, 3]) expect(JSON.stringify(asked[at]?.headers)).not.toMatch(/secret|cookie/);
    expect(await failure(make({ methods: ["POST"] }).request("https://a.example/302", { method: "POST" }))).toContain(
      "not-granted",
    );
  });

  it("are refused where the engine does not show them", async () => {
    const hidden: Fetch = async () => ({ ...bare, type: "opaqueredirect" });
    const bare = { status: 0, statusText: "", headers: new Headers(), body: null };
    expect(
      await failure(makeHttpPower(hidden, { origins: ["https://a.example"] }).get("https://a.example/")),
    ).toContain("unsupported");
  });
});

describe("limits of http", () => {
  const page = (length: number): { readonly [url: string]: Page } => ({
    "https://a.example/": () => new Response(new Uint8Array(length)),
  });

  it("bound the answer, as it comes", async () => {
    const sizes: number[] = [];
    for (const length of [8, 9]) {
      const work = makeNetwork(page(length)).make({ responseBytesMax: 8 }).get("https://a.example/");
      sizes.push((await failure(work)) === "none" ? length : -1);
    }
    expect(sizes).toEqual([8, -1]);
    expect(() => makeNetwork({}).make({ responseBytesMax: RESPONSE_BYTES_MAX })).not.toThrow();
    expect(() => makeNetwork({}).make({ responseBytesMax: RESPONSE_BYTES_MAX + 1 })).toThrow(RangeError);
  });

  it("bound an endless answer", async () => {
    let pulled = 0;
    const endless = () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            pulled++;
            controller.enqueue(new Uint8Array(1024));
          },
        }),
      );
    const { make } = makeNetwork({ "https://a.example/": endless });
    expect(await failure(make({ responseBytesMax: 10_000 }).get("https://a.example/"))).toContain("too-big");
    expect(pulled).toBeLessThan(20);
  });

  it("bound the request", async () => {
    const { make } = makeNetwork(page(0));
    const post = (length: number) =>
      failure(
        make({ methods: ["POST"] }).request("https://a.example/", { method: "POST", body: new Uint8Array(length) }),
      );
    expect(await post(REQUEST_BYTES_DEFAULT)).toBe("none");
    expect(await post(REQUEST_BYTES_DEFAULT + 1)).toContain("too-big");
    expect(await failure(make().request("https://a.example/", { body: "x" }))).toContain("GET has no body");
  });

  it("bound requests and bytes in a time, redirects included", async () => {
    const clock = makeManualClock();
    const { make } = makeNetwork({ ...page(100), "https://a.example/r": redirect("/") });
    const http = make({ clock, rate: { requests: 3, perMs: 10 } });
    expect(await failure(http.get("https://a.example/r"))).toBe("none");
    expect(await failure(http.get("https://a.example/r"))).toContain("at most 3 requests in 10 ms");
    clock.advance(10_000_000n);
    expect(await failure(http.get("https://a.example/r"))).toBe("none");
    const thin = make({ clock, rate: { bytes: 200, perMs: 10 } });
    expect(await failure(thin.get("https://a.example/"))).toBe("none");
    expect(await failure(thin.get("https://a.example/"))).toBe("none");
    expect(await failure(thin.get("https://a.example/"))).toContain("at most 200 bytes in 10 ms");
    clock.advance(5_000_000n);
    expect(await failure(thin.get("https://a.example/"))).toBe("none");
    expect(() => make({ rate: { requests: 1, perMs: 1 } })).toThrow("expected a clock");
  });

  it("bound time", async () => {
    const clock = makeManualClock();
    let aborted = false;
    const silent: Page = (init) =>
      new Promise((_resolve, reject) => {
        init.signal.addEventListener("abort", () => {
          aborted = true;
          reject(new Error("aborted"));
        });
      });
    const http = makeNetwork({ "https://a.example/": silent }).make({ clock, timeoutMs: 5 });
    const work = failure(http.get("https://a.example/"));
    await Promise.resolve();
    clock.advance(4_999_999n);
    expect(aborted).toBe(false);
    clock.advance(1n);
    expect(await work).toContain("no answer within 5 ms");
    expect(aborted).toBe(true);
    expect(() => makeNetwork({}).make({ timeoutMs: 5 })).toThrow("expected a clock");
  });

  it("bound what is under way at once", async () => {
    const gate = Promise.withResolvers<void>();
    const slow: Page = async () => {
      await gate.promise;
      return new Response("");
    };
    const http = makeNetwork({ "https://a.example/": slow }).make();
    const works = Array.from({ length: REQUESTS_AT_ONCE_DEFAULT }, () => failure(http.get("https://a.example/")));
    expect(await failure(http.get("https://a.example/"))).toContain("rate-limited");
    gate.resolve();
    expect(new Set(await Promise.all(works))).toEqual(new Set(["none"]));
    expect(await failure(http.get("https://a.example/"))).toBe("none");
  });
});

describe("origins", () => {
  const covers = (pattern: string, url: string): boolean => makeOriginTest([pattern])(new URL(url));

  it("are exact, or all subdomains, or all", () => {
    expect(covers("https://A.example:443", "https://a.example/x")).toBe(true);
    expect(covers("https://*.a.example", "https://x.y.a.example/")).toBe(true);
    for (const url of ["https://a.example/", "https://xa.example/", "http://x.a.example/", "https://x.a.example:1/"]) {
      expect(covers("https://*.a.example", url)).toBe(false);
    }
    expect(covers("https://*", "https://anything:8443/")).toBe(true);
    expect(covers("https://*", "http://anything/")).toBe(false);
    expect(covers("http://[::1]:80", "http://[::1]/")).toBe(true);
  });

  it("are refused where they are none", () => {
    for (const pattern of [
      "a.example",
      "https://",
      "*",
      "https://a.example/path",
      "https://a.*",
      "ftp://a",
      "https://*a",
    ]) {
      expect(() => makeOriginTest([pattern])).toThrow("origins: expected such as");
    }
    expect(makeOriginTest(Array<string>(ORIGINS_MAX).fill("https://a"))(new URL("https://a"))).toBe(true);
    expect(() => makeOriginTest(Array<string>(ORIGINS_MAX + 1).fill("https://a"))).toThrow(RangeError);
  });
});
