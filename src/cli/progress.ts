/**
 * The line that shows a running process on a terminal: gas, memory, speed. Nothing is written where nobody watches.
 *
 * @module
 */
import { formatBytes, formatGas } from "./quantities.ts";

const REDRAW_MS = 200;
/** A command that is done sooner shows no line at all. */
const FIRST_DRAW_MS = 400;
const CLEAR_LINE = "\r\u001b[2K";

export interface ProgressReading {
  readonly gasUsed: number;
  readonly gasGranted: number;
  readonly memoryBytes: number;
}

export interface Progress extends Disposable {
  /** Takes the line away, before something else writes to the terminal; it comes back by itself. */
  clear(): void;
}

export function makeProgress(init: {
  readonly terminal: { readonly isTTY?: boolean; write(text: string): unknown };
  readonly read: () => ProgressReading;
}): Progress {
  if (!init.terminal.isTTY) return Object.freeze({ clear: () => undefined, [Symbol.dispose]: () => undefined });
  let isShown = false;
  const first = init.read();
  const start = performance.now();
  const clear = (): void => {
    if (isShown) init.terminal.write(CLEAR_LINE);
    isShown = false;
  };
  const draw = (): void => {
    const elapsedMs = performance.now() - start;
    if (elapsedMs < FIRST_DRAW_MS) return;
    const now = init.read();
    const perSecond = ((now.gasUsed - first.gasUsed) / elapsedMs) * 1000;
    init.terminal.write(`${CLEAR_LINE}${renderProgress(now, perSecond)}`);
    isShown = true;
  };
  const timer = setInterval(draw, REDRAW_MS);
  timer.unref();
  return Object.freeze({
    clear,
    [Symbol.dispose](): void {
      clearInterval(timer);
      clear();
    },
  });
}

export function renderProgress(reading: ProgressReading, gasPerSecond: number): string {
  const share = reading.gasGranted > 0 ? Math.floor((reading.gasUsed / reading.gasGranted) * 100) : 100;
  const gas = `${formatGas(reading.gasUsed)} of ${formatGas(reading.gasGranted)} gas (${share} %)`;
  return `${gas}, ${formatBytes(reading.memoryBytes)}, ${formatGas(Math.round(gasPerSecond))} gas/s`;
}
