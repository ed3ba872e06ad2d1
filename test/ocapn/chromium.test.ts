/**
 * A guest in Chromium calls a folder of a Node machine in place; the connection is cut under a call; a sturdyref gets the folder back.
 *
 * @module
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeNodeDirectory, makeNodeOcapn, makeNodeWebSocketNetlayer } from "../../src/node/index.ts";
import type { Ocapn } from "../../src/ocapn/index.ts";
import { Far } from "../../src/passable/index.ts";
import { makeDirectoryPower, readOnly } from "../../src/powers/index.ts";
import { type BrowserSide, openChromium } from "../browser/chromium.ts";
import { describeWith } from "../support/needs.ts";
import type * as PageSide from "./chromium-page.ts";

const MODULE = "test/ocapn/chromium-page.ts";

/** A wire between page and peer that can be cut. */
class Wire implements Disposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #targetPort = 0;

  constructor() {
    this.#server = createServer((socket) => {
      const far = connect(this.#targetPort, "127.0.0.1");
      for (const end of [socket, far]) {
        this.#sockets.add(end);
        end.on("error", () => {});
        end.on("close", () => {
          this.#sockets.delete(end);
          socket.destroy();
          far.destroy();
        });
      }
      socket.pipe(far).pipe(socket);
    });
  }

  async listen(targetPort: number): Promise<string> {
    this.#targetPort = targetPort;
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  [Symbol.dispose](): void {
    this.cut();
    this.#server.close();
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describeWith(["chromium"], "a guest in Chromium with a folder of a Node machine", () => {
  const folder = mkdtempSync(join(tmpdir(), "caper-served-"));
  const wire = new Wire();
  let browser: BrowserSide;
  let peer: Ocapn;
  let waiting = 0;

  /** As text: the test runner would rewrite an import. */
  function inPage<Name extends keyof typeof PageSide>(
    name: Name,
    ...args: Parameters<(typeof PageSide)[Name]>
  ): Promise<Awaited<ReturnType<(typeof PageSide)[Name]>>> {
    return browser.page.evaluate(`import("/${MODULE}").then((page) => page.${name}(...${JSON.stringify(args)}))`);
  }

  beforeAll(async () => {
    writeFileSync(join(folder, "a.txt"), "of the Node machine");
    writeFileSync(join(folder, "b.txt"), "longer ".repeat(20_000));
    // The URL that peers are told leads to the wire, and the wire to the port.
    const port = await findFreePort();
    const url = await wire.listen(port);
    peer = makeNodeOcapn({ netlayers: [await makeNodeWebSocketNetlayer({ port, url })] });
    const files = readOnly(makeDirectoryPower(makeNodeDirectory(folder)));
    const gate = Far("gate", {
      wait() {
        waiting += 1;
        return new Promise(() => {});
      },
    });
    browser = await openChromium([MODULE]);
    const userAgent = await inPage("start", { files: peer.serve(files), gate: peer.serve(gate) });
    expect(userAgent).toContain("Chrome");
  });
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await peer?.close();
    wire[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it("reads files in place", async () => {
    expect(await inPage("call", "read", "a.txt")).toBe("of the Node machine");
    expect(await inPage("call", "sizes", ["a.txt", "b.txt"])).toEqual([
      ["a.txt", 19],
      ["b.txt", 140_000],
    ]);
  });

  it("cannot do what the Node machine has taken away", async () => {
    const [name, , message] = (await inPage("call", "write", "a.txt", "overwritten")) as readonly unknown[];
    expect(name).not.toBe("no error");
    expect(message).toContain("read-only");
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("of the Node machine");
  });

  it("learns that the connection was cut under a call, and gets the folder back by its sturdyref", async () => {
    const before = waiting;
    const waited = inPage("call", "wait");
    await expect.poll(() => waiting).toBe(before + 1);
    wire.cut();
    expect(await waited).toEqual([
      "BrokenError",
      "lost",
      "the connection to the peer ended before the answer came; the call may have had its effect",
    ]);
    await expect.poll(() => peer.sessions.length).toBe(0);
    expect(await inPage("call", "read", "a.txt")).toBe("of the Node machine");
    expect(peer.sessions.length).toBe(1);
  });
});
