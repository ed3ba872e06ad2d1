/**
 * A guest in a page, with the powers of a Node peer: the browser's half of chromium.test.ts.
 *
 * @module
 */
import {
  buildMachineBase,
  type JavaScriptInstance,
  makeJavaScriptInstance,
  makeJavaScriptKind,
} from "../../src/guests/javascript/index.ts";
import { makeKernel } from "../../src/kernel/index.ts";
import { enlivenCapability, makeNobleEd25519, makeOcapn, makeWebSocketNetlayer } from "../../src/ocapn/index.ts";
import { yieldToHost } from "../browser/journey.ts";

const GAS = 2_000_000_000;
const MEMORY_BYTES = 32 << 20;

/** All of it waits in place, however deep in the stack. */
const GUEST = `
const files = caper.power("files"), gate = caper.power("gate");
const decoder = new TextDecoder();
globalThis.sizes = (names) => names.map((name) => [name, decoder.decode(files.read(name)).length]);
globalThis.read = (name) => decoder.decode(files.read(name));
const attempt = (run) => {
  try { return ["no error", run()]; } catch (error) { return [error.name, error.code ?? null, error.message]; }
};
globalThis.write = (name, text) => attempt(() => files.write(name, new TextEncoder().encode(text)));
globalThis.wait = () => attempt(() => gate.wait());
`;

const ed25519 = makeNobleEd25519();
const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
const after = (timeoutMs: number, callback: () => void): (() => void) => {
  const timer = setTimeout(callback, timeoutMs);
  return () => clearTimeout(timer);
};

let guest: JavaScriptInstance | undefined;

/** Starts a peer, and a guest that holds what is served at the two URIs, and nothing else. */
export async function start(uris: { readonly files: string; readonly gate: string }): Promise<string> {
  const peer = makeOcapn({
    netlayers: [makeWebSocketNetlayer({ key: ed25519.makeKey(random(32)) }, { ed25519, random, after, WebSocket })],
    ed25519,
    random,
    yieldToHost,
    after,
  });
  const kernel = makeKernel({ yieldToHost });
  const response = await fetch("/node_modules/quickjs-wasi/quickjs.wasm");
  const program = kernel.load(new Uint8Array(await response.arrayBuffer()));
  kernel.defineGuest(makeJavaScriptKind({ program, base: buildMachineBase(program) }));
  const endowments = {
    files: await enlivenCapability(peer, uris.files),
    gate: await enlivenCapability(peer, uris.gate),
  };
  const process = kernel.spawn({ guest: "javascript", gas: GAS, memoryBytes: MEMORY_BYTES, endowments });
  guest = makeJavaScriptInstance(process);
  await guest.evaluate(GUEST);
  return navigator.userAgent;
}

/** A function of the guest's, while the page's own thread stays free. */
export function call(name: string, ...args: readonly unknown[]): Promise<unknown> {
  if (guest === undefined) throw new Error("there is no guest yet");
  return guest.call(name, ...args);
}
