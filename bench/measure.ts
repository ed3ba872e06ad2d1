/**
 * Times alternatives side by side: one round runs each of them once, so that whatever else the machine does touches all of
 * them alike, and only ratios of medians are reported.
 *
 * @module
 */
import { cpus, loadavg } from "node:os";

export interface Alternative {
  readonly name: string;
  run(): unknown;
}

export interface Timing {
  readonly name: string;
  readonly medianMs: number;
  readonly minMs: number;
}

export interface RoundOptions {
  readonly rounds: number;
  readonly warmups: number;
}

/**
 * Processor time of this thread: what other programs on the machine take away does not count, nor does the engine's compiling
 * in the background.
 */
export function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

export async function interleave(alternatives: readonly Alternative[], options: RoundOptions): Promise<Timing[]> {
  const times = alternatives.map((): number[] => []);
  for (let round = -options.warmups; round < options.rounds; round++) {
    for (const [index, alternative] of alternatives.entries()) {
      const start = threadMs();
      await alternative.run();
      if (round >= 0) times[index]!.push(threadMs() - start);
    }
    // The engine compiles hot functions in the background: the warm-up gives it the time to.
    if (round < 0) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return alternatives.map(({ name }, index) => ({
    name,
    medianMs: median(times[index]!),
    minMs: Math.min(...times[index]!),
  }));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function geomean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** What a reader must know of the machine to judge a number. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.replace(/\s+/g, " ") ?? "unknown processor";
  return `${model}, ${cpus().length} cores; Node ${process.versions.node}, V8 ${process.versions.v8}`;
}

/** Processes waiting for a core, averaged over the last minute. */
export function machineLoad(): number {
  return loadavg()[0]!;
}
