/**
 * libp2p in a real browser: a page dials a Node peer by WebSocket, and Node peers reach the page over a relay.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type NodeLibp2pNetlayer, startNodeLibp2p } from "../../src/node/netlayers/libp2p/index.ts";
import { formatPeerUri, parsePeerUri } from "../../src/ocapn/index.ts";
import { type BrowserSide, openChromium } from "../browser/chromium.ts";
import { describeWith } from "../support/needs.ts";
import type * as PageSide from "./libp2p-page.ts";

const MODULE = "test/ocapn/libp2p-page.ts";
const LOOPBACK_WEBSOCKET = "/ip4/127.0.0.1/tcp/0/ws";
const MIB = 1 << 20;

describeWith(["chromium"], "libp2p in Chromium", () => {
  let browser: BrowserSide;
  let relay: NodeLibp2pNetlayer;
  let node: NodeLibp2pNetlayer;
  let page: string;
  const visited = new Set<string>();

  /** As text: the test runner would rewrite an import. */
  function inPage<Name extends keyof typeof PageSide>(
    name: Name,
    ...args: Parameters<(typeof PageSide)[Name]>
  ): Promise<Awaited<ReturnType<(typeof PageSide)[Name]>>> {
    return browser.page.evaluate(`import("/${MODULE}").then((page) => page.${name}(...${JSON.stringify(args)}))`);
  }

  beforeAll(async () => {
    const start = (relays: boolean) =>
      startNodeLibp2p({
        seed: randomBytes(32),
        listen: [LOOPBACK_WEBSOCKET],
        ...(relays ? { relay: { mayReserve: () => true } } : {}),
      });
    relay = await start(true);
    node = await start(false);
    node.listen((connection) => ({ onData: (bytes) => connection.send([bytes]), onClose() {} }));
    browser = await openChromium([MODULE]);
    browser.page.on("request", (request) => visited.add(new URL(request.url()).hostname));
    browser.page.on("websocket", (socket) => visited.add(new URL(socket.url()).hostname));
    const { hints, designator } = relay.location;
    page = await inPage("start", [`${hints !== false && hints.multiaddr}/p2p/${designator}`]);
  });
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await Promise.all([relay?.close(), node?.close()]);
  });

  it("dials Node by WebSocket, and knows whom", async () => {
    expect(await inPage("dial", formatPeerUri(node.location), MIB)).toEqual([
      `proven ${node.location.designator}`,
      `${MIB} bytes, right`,
      "closed",
    ]);
  });

  it("does not take another for the peer that it dials", async () => {
    const impostor = { ...node.location, designator: "12D3KooWGEES6Ce6ibvPiYsUyLqwXDAZz2MPLpTTd2ugMwJ9aM3j" };
    expect(await inPage("failToDial", formatPeerUri(impostor))).toMatch(/OcapnError: libp2p peer .* does not match/);
  });

  it("is reached over a relay, and each knows whom", async () => {
    const location = parsePeerUri(page);
    expect(location.hints !== false && location.hints.multiaddr).toContain(
      `/ws/p2p/${relay.location.designator}/p2p-circuit`,
    );
    const sent = Uint8Array.from({ length: MIB }, (_, at) => at % 251);
    const received: Uint8Array[] = [];
    const { promise: ended, resolve: end } = Promise.withResolvers<Error | undefined>();
    await node.connect(location, (connection) => {
      expect(connection.remoteDesignator).toBe(location.designator);
      connection.send([sent.slice()]);
      return {
        onData(bytes) {
          received.push(bytes);
          if (received.reduce((sum, { length }) => sum + length, 0) === MIB) connection.close();
        },
        onClose: end,
      };
    });
    expect(await ended).toBeUndefined();
    expect(Buffer.concat(received).equals(sent)).toBe(true);
    expect(await inPage("listVisitors")).toEqual([node.location.designator]);
  });

  it("ends its connections when it is stopped", async () => {
    const { promise: ended, resolve: end } = Promise.withResolvers<Error | undefined>();
    await node.connect(parsePeerUri(page), () => ({ onData() {}, onClose: end }));
    await inPage("stop");
    expect(await ended).toBeUndefined();
  });

  it("asks nobody else", () => {
    expect([...visited]).toEqual(["127.0.0.1"]);
  });
});
