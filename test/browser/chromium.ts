/**
 * A real headless Chromium with the project's sources, served over loopback with their types stripped.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { createServer, type ViteDevServer } from "vite";
import { toolPath } from "../support/needs.ts";
import { projectRoot } from "../support/sources.ts";
import type { Leg, LegInit } from "./journey.ts";

const CHROMIUM_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];
const LEG_TIMEOUT_MS = 100_000;

export interface BrowserSide extends AsyncDisposable {
  readonly version: string;
  travel(init: LegInit): Promise<Leg>;
  readonly page: Page;
}

async function serve(
  cacheDir: string,
  entries: readonly string[],
): Promise<{ readonly server: ViteDevServer; readonly address: string }> {
  const server = await createServer({
    root: projectRoot,
    configFile: false,
    cacheDir,
    logLevel: "error",
    appType: "mpa",
    clearScreen: false,
    server: { host: "127.0.0.1", port: 0, hmr: false, ws: false, watch: null },
    optimizeDeps: { entries: ["test/browser/worker.ts", "test/browser/netlayers-page.ts", ...entries] },
  });
  await server.listen();
  const address = server.resolvedUrls?.local[0];
  if (address === undefined) throw new Error("the server of the sources has no address");
  return { server, address };
}

/** The entries are modules, besides those of this folder, that the page will import: what they need of packages is bundled first. */
export async function openChromium(entries: readonly string[] = []): Promise<BrowserSide> {
  const folder = mkdtempSync(join(tmpdir(), "caper-browser-"));
  const { server, address } = await serve(folder, entries);
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    await browser?.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    browser = await chromium.launch({ executablePath: toolPath("chromium"), args: CHROMIUM_FLAGS, headless: true });
    const page = await browser.newPage();
    page.setDefaultTimeout(LEG_TIMEOUT_MS);
    await page.goto(`${address}test/browser/page.html`);
    await startWorker(page);
    return {
      version: browser.version(),
      page,
      travel: (init) => travelInPage(page, init),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startWorker(page: Page): Promise<void> {
  await page.evaluate(() => {
    const worker = new Worker("/test/browser/worker.ts", { type: "module" });
    const waiting = new Map<number, { resolve(leg: unknown): void; reject(error: Error): void }>();
    let count = 0;
    worker.onmessage = ({ data }) => {
      const call = waiting.get(data.id);
      waiting.delete(data.id);
      if (data.error === undefined) call?.resolve(data.leg);
      else call?.reject(new Error(data.error));
    };
    worker.onerror = (event) => {
      for (const call of waiting.values()) call.reject(new Error(`worker: ${event.message}`));
    };
    const call = (init: unknown) =>
      new Promise((resolve, reject) => {
        count += 1;
        waiting.set(count, { resolve, reject });
        worker.postMessage({ id: count, init });
      });
    Object.assign(globalThis, { callWorker: call });
  });
}

/** Bytes cross to the page and back as base64: what the protocol between test and page carries is JSON. */
async function travelInPage(page: Page, init: LegInit): Promise<Leg> {
  const bytes = "image" in init.from ? init.from.image : "program" in init.from ? init.from.program : new Uint8Array();
  const { image, ...leg } = await page.evaluate(
    async ({ text, init }) => {
      const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
      const from =
        "image" in init.from ? { image: bytes } : "program" in init.from ? { ...init.from, program: bytes } : init.from;
      const call = (globalThis as unknown as { callWorker(init: unknown): Promise<Leg> }).callWorker;
      const { image, ...rest } = await call({ ...init, from });
      let binary = "";
      for (let start = 0; start < image.length; start += 8192) {
        binary += String.fromCharCode(...image.subarray(start, start + 8192));
      }
      return { ...rest, image: btoa(binary) };
    },
    { text: Buffer.from(bytes).toString("base64"), init: withoutBytes(init) },
  );
  return { ...leg, image: new Uint8Array(Buffer.from(image, "base64")) };
}

function withoutBytes(init: LegInit): LegInit {
  const none = new Uint8Array();
  const { from } = init;
  if ("image" in from) return { ...init, from: { image: none } };
  return "program" in from ? { ...init, from: { ...from, program: none } } : init;
}
