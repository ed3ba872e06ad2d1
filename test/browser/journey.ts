/**
 * One leg of a process's journey, the same code in Node and in a browser: thaw (or start), run for so much gas, freeze.
 *
 * @module
 */
import { WASI_KIND } from "../../src/guests/wasi/index.ts";
import { bytesToImage, decodeImage, encodeImage, imageToBytes } from "../../src/image/index.ts";
import { type GuestKind, type Kernel, makeKernel, type TreeState } from "../../src/kernel/index.ts";
import { makeCollector } from "../../src/powers/index.ts";

export interface LegInit {
  /** Where it starts: a program with its arguments, or an image file. */
  readonly from:
    | { readonly program: Uint8Array; readonly args: readonly string[]; readonly gas: number }
    | { readonly image: Uint8Array };
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

export async function travel(init: LegInit, guests: readonly GuestKind[] = [WASI_KIND]): Promise<Leg> {
  using kernel = makeKernel({ yieldToHost, guests });
  const stdout = makeCollector();
  const { state, gasHeldBack } = takeTicket(kernel, init);
  const process = kernel.thaw(state, { powers: { stdout, stderr: stdout } });
  const result = await process.resume();
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
function takeTicket(
  kernel: Kernel,
  { from, gas }: LegInit,
): { readonly state: TreeState; readonly gasHeldBack: number } {
  const state = "image" in from ? decodeImage(bytesToImage(from.image)) : startState(kernel, from);
  const root = state.processes[0]!;
  const left = root.meter.gasGranted - root.meter.gasUsed;
  const gasHeldBack = gas === undefined ? 0 : Math.max(left - gas, 0);
  const meter = { ...root.meter, gasGranted: root.meter.gasGranted - gasHeldBack };
  return { state: { ...state, processes: [{ ...root, meter }, ...state.processes.slice(1)] }, gasHeldBack };
}

function startState(
  kernel: Kernel,
  from: { readonly program: Uint8Array; readonly args: readonly string[]; readonly gas: number },
): TreeState {
  const process = kernel.spawn({
    program: kernel.load(from.program),
    guest: WASI_KIND.name,
    powers: { args: from.args },
    gas: from.gas,
    memoryBytes: MEMORY_BYTES,
  });
  void process.run();
  return process.freeze();
}
