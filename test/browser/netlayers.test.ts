/**
 * Netlayers in a real browser: a page dials a peer in Node by WebSocket, and has workers that are peers.
 *
 * @module
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeNodeWebSocketNetlayer } from "../../src/node/index.ts";
import { formatPeerUri, type Netlayer } from "../../src/ocapn/index.ts";
import { describeWith } from "../support/needs.ts";
import { type BrowserSide, openChromium } from "./chromium.ts";
import type * as PageSide from "./netlayers-page.ts";

const MIB = 1 << 20;

describeWith(["chromium"], "netlayers in Chromium", () => {
  let browser: BrowserSide;
  let node: Netlayer;
  beforeAll(async () => {
    browser = await openChromium();
    node = await makeNodeWebSocketNetlayer();
    node.listen((connection) => ({ onData: (bytes) => connection.send([bytes]), onClose() {} }));
  });
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await node?.close();
  });

  /** As text: the import is the browser's, not the test's. */
  function inPage(name: keyof typeof PageSide, ...args: readonly (string | number)[]): Promise<unknown> {
    const call = `page.${name}(...${JSON.stringify(args)})`;
    return browser.page.evaluate(`import("/test/browser/netlayers-page.ts").then((page) => ${call})`);
  }

  it("dials Node by WebSocket, and knows whom", async () => {
    const log = await inPage("dialNode", formatPeerUri(node.location), MIB);
    expect(log).toEqual([`proven ${node.location.designator}`, `${MIB} bytes`, "buffered 0", "closed"]);
  });

  it("does not take another for the peer that it dials, and says where nobody is", async () => {
    const other = await makeNodeWebSocketNetlayer();
    await other.close();
    const impostor = { ...node.location, designator: other.location.designator };
    expect(await inPage("failToDial", formatPeerUri(impostor))).toContain("has not the key that its designator names");
    expect(await inPage("failToDial", formatPeerUri(other.location))).toContain("broken off: code 1006");
  });

  it("has workers that reach each other, and are told when one is removed", async () => {
    const good = ["proven echo", `${MIB} bytes`, "buffered 0", "closed"];
    const gone = "message-port: connection with echo: the other side is gone";
    expect(await inPage("useWorkers", MIB)).toEqual([good, good, [gone]]);
  });
});
