import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { powerErrorCode } from "../../powers/index.ts";
import { makeNodeHttpPower } from "./index.ts";

let server: Server;
let origin = "";
const seen: { method: string; url: string; host: string | undefined; body: string }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      seen.push({ method: request.method ?? "", url: request.url ?? "", host: request.headers.host, body });
      if (request.url === "/away") response.writeHead(302, { location: "http://127.0.0.1:1/secret" }).end();
      else if (request.url === "/home") response.writeHead(303, { location: "/" }).end();
      else if (request.url === "/silent") return;
      else response.writeHead(200, { "set-cookie": ["a=1", "b=2"] }).end("hello");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  return await work.then(
    () => "none",
    (error: unknown) => powerErrorCode(error) ?? String(error),
  );
}

describe("http on Node", () => {
  it("asks a real server, and follows what stays inside", async () => {
    const http = makeNodeHttpPower({ origins: [origin], methods: ["GET", "POST"] });
    const answer = await http.request(`${origin}/home`, { method: "POST", body: "data" });
    expect(answer).toMatchObject({ status: 200, url: `${origin}/`, redirected: true });
    expect(new TextDecoder().decode(answer.body)).toBe("hello");
    expect(answer.headers.filter(([name]) => name === "set-cookie")).toEqual([
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ]);
    expect(seen.map(({ method, body }) => `${method} ${body}`)).toEqual(["POST data", "GET "]);
  });

  it("does not follow what leads out", async () => {
    expect(await codeOf(makeNodeHttpPower({ origins: [origin] }).get(`${origin}/away`))).toBe("not-granted");
  });

  it("gives up where nobody answers", async () => {
    const http = makeNodeHttpPower({ origins: [origin, "http://127.0.0.1:1"], timeoutMs: 20 });
    expect(await codeOf(http.get(`${origin}/silent`))).toBe("io");
    expect(await codeOf(http.get("http://127.0.0.1:1/"))).toBe("io");
  });
});
