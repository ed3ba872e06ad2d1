/**
 * What asks a running session to stop: Ctrl-C, SIGTERM, and `caper freeze` from another process. Each becomes a request that the
 * session answers; a second Ctrl-C ends the command at once.
 *
 * @module
 */
import { openSync } from "node:fs";
import { createInterface } from "node:readline";
import { ReadStream } from "node:tty";
import { type ControlAnswer, serveControl } from "../node/index.ts";
import { EXIT_CODES } from "./exit-codes.ts";

export type StopRequest =
  | { readonly kind: "freeze"; readonly file: string; answer(answer: ControlAnswer): void }
  /** Ctrl-C: `--freeze-to` decides, else the person at the terminal is asked. */
  | { readonly kind: "interrupt" }
  /** SIGTERM: there is nobody to ask. */
  | { readonly kind: "terminate" };

export interface Interrupts extends Disposable {
  /** The next request, once the one before it is answered. */
  next(): Promise<StopRequest>;
}

export function makeInterrupts(init: { readonly imageFile: string }): Interrupts {
  const requests: StopRequest[] = [];
  let wake = (): void => undefined;
  const ask = (request: StopRequest): void => {
    requests.push(request);
    wake();
  };
  let signals = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    signals += 1;
    // Also the way out when the first request hangs.
    if (signals > 1) process.exit(EXIT_CODES.interrupted);
    ask({ kind: signal === "SIGTERM" ? "terminate" : "interrupt" });
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  let isTaken = false;
  const control = serveControl((asked) => {
    if (isTaken) return Promise.resolve({ ok: false, reason: "it is already being frozen" });
    isTaken = true;
    const { promise: answered, resolve: answer } = Promise.withResolvers<ControlAnswer>();
    ask({ kind: "freeze", file: asked.file ?? init.imageFile, answer });
    return answered.finally(() => {
      isTaken = false;
    });
  });
  return Object.freeze({
    async next(): Promise<StopRequest> {
      for (;;) {
        const first = requests.shift();
        if (first !== undefined) return first;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    [Symbol.dispose](): void {
      process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
      control.close();
    },
  });
}

/** Offers to freeze: true for Enter. A second Ctrl-C while it waits ends the command. Without a terminal there is nobody to ask. */
export async function offerFreeze(file: string): Promise<boolean> {
  if (process.stderr.isTTY !== true) return false;
  const input = openTerminal();
  if (input === undefined) return false;
  process.stderr.write(`\nPress Enter to freeze into ${file}, Ctrl-C again to end without. `);
  const lines = createInterface({ input, terminal: false });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  lines.once("line", () => resolve(true)).once("close", () => resolve(false));
  const isWanted = await promise;
  lines.close();
  input.destroy();
  return isWanted;
}

function openTerminal(): NodeJS.ReadStream | ReadStream | undefined {
  if (process.stdin.isTTY === true) return process.stdin;
  try {
    return new ReadStream(openSync("/dev/tty", "r"));
  } catch {
    return undefined;
  }
}
