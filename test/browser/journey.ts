/**
 * One leg of a process's journey, the same code in Node and in a browser: thaw (or start), run for so much gas, freeze.
 *
 * @module
 */
import { buildMachineBase, JAVASCRIPT_KIND, makeJavaScriptKind, startMain } from "../../src/guests/javascript/index.ts";
import { WASI_KIND } from "../../src/guests/wasi/index.ts";
import { bytesToImage, decodeImage, encodeImage, imageToBytes } from "../../src/image/index.ts";
import { type Kernel, makeKernel, type TreeState, type TurnResult } from "../../src/kernel/index.ts";
import { makeCollector } from "../../src/powers/index.ts";

export type Start =
  | { readonly program: Uint8Array; readonly args: readonly string[]; readonly gas: number }
  | { readonly script: string; readonly gas: number };

export interface LegInit {
  /** Where it starts: a program with its arguments, the source of a script, or an image file. */
  readonly from: Start | { readonly image: Uint8Array };
  /** Gas of this leg; undefined: to the end. */
  readonly gas?: number;
}

export interface Leg {
  /** As an image file. */
  readonly image: Uint8Array;
  readonly root: string;
  readonly gasUsed: number;
  readonly output: string;
  readonly status: string;
}

const MEMORY_BYTES = 64 * 1024 * 1024;

/** Works in Node, pages and workers: a message to oneself is a turn of the event loop. */
export function yieldToHost(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** `engine` is the module of the JavaScript engine; it is wanted only where a script travels. */
export async function travel(init: LegInit, engine: () => Promise<Uint8Array>): Promise<Leg> {
  using kernel = makeKernel({ yieldToHost, guests: [WASI_KIND] });
  const stdout = makeCollector();
  const { state, gasHeldBack } = await takeTicket(kernel, init, engine);
  const { promise: stopped, resolve: stop } = Promise.withResolvers<TurnResult>();
  const process = kernel.thaw(state, {
    powers: { stdout, stderr: stdout },
    keeper: (report) => {
      stop(report);
      return { action: "leave" };
    },
  });
  const turn = process.resume();
  // A script is over when it ends its process, a program when its one turn is over.
  const result = await (process.guest === JAVASCRIPT_KIND ? stopped : turn);
  if (result.kind === "out-of-gas" && gasHeldBack > 0) process.refill({ gas: gasHeldBack });
  const image = encodeImage(process.freeze());
  return {
    image: imageToBytes(image),
    root: image.root,
    gasUsed: process.meter.gasUsed,
    output: stdout.text(),
    status: result.kind === "exit" ? `exit ${result.code}` : result.kind,
  };
}

/** A program starts as an image too: one that has not run yet. Gas beyond the leg's is held back. */
async function takeTicket(
  kernel: Kernel,
  { from, gas }: LegInit,
  engine: () => Promise<Uint8Array>,
): Promise<{ readonly state: TreeState; readonly gasHeldBack: number }> {
  const image = "image" in from ? decodeImage(bytesToImage(from.image)) : undefined;
  if ("script" in from || image?.processes[0]?.guest.kind === JAVASCRIPT_KIND) {
    const program = kernel.load(await engine());
    kernel.defineGuest(makeJavaScriptKind({ program, base: buildMachineBase(program) }));
  }
  const state = image ?? startState(kernel, from as Start);
  const root = state.processes[0]!;
  const left = root.meter.gasGranted - root.meter.gasUsed;
  const gasHeldBack = gas === undefined ? 0 : Math.max(left - gas, 0);
  const meter = { ...root.meter, gasGranted: root.meter.gasGranted - gasHeldBack };
  return { state: { ...state, processes: [{ ...root, meter }, ...state.processes.slice(1)] }, gasHeldBack };
}

function startState(kernel: Kernel, from: Start): TreeState {
  const budget = { gas: from.gas, memoryBytes: MEMORY_BYTES };
  if ("script" in from) {
    const process = kernel.spawn({ guest: JAVASCRIPT_KIND, ...budget });
    startMain(process, { entry: "main.js", modules: { "main.js": from.script } });
    return process.freeze();
  }
  const powers = { args: from.args };
  const process = kernel.spawn({ program: kernel.load(from.program), guest: WASI_KIND.name, powers, ...budget });
  void process.run();
  return process.freeze();
}
