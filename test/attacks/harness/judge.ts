/**
 * One case, all four runs of it: look-alike and benign twin, in plain Node and in Caper.
 *
 * @module
 */
import { runCaper, runTwin } from "./caper.ts";
import type { AttackCase } from "./case.ts";
import { runPlain } from "./plain.ts";
import { POINTS, type Score, scoreCaper, scorePlain } from "./score.ts";

export interface Verdict {
  readonly title: string;
  readonly firesAt: string;
  readonly plain: Score;
  readonly caper: Score;
  readonly isTwinFineInPlain: boolean;
  readonly isTwinFineInCaper: boolean;
  /** What is not as it must be; empty when all is well. */
  readonly problems: readonly string[];
}

/** In plain Node the look-alike must do its harm, else the rest proves nothing. */
async function judgePlain(one: AttackCase): Promise<{ readonly score: Score; readonly problems: readonly string[] }> {
  const run = await runPlain(one, "package");
  const missing = one.harm.filter((fact) => !run.atEnd.has(fact));
  const problems = missing.map((fact) => `plain Node: not seen: ${fact}\n${run.log}`);
  return { score: scorePlain(run), problems };
}

/** What Caper makes of the look-alike. */
export async function judgeCaper(
  one: AttackCase,
): Promise<{ readonly score: Score; readonly problems: readonly string[] }> {
  const run = await runCaper(one);
  const score = scoreCaper(one, run);
  const lost = POINTS.filter((point) => !score[point]);
  const { denials, ...seen } = run;
  const denied = [...new Set(denials.map((entry) => `${entry.package} ${entry.power}.${entry.method}`))];
  const shown = JSON.stringify({ ...seen, atImport: [...run.atImport], atEnd: [...run.atEnd], denied });
  const problems = lost.map((point) => `Caper: lost (${point}): ${shown}`);
  // What holds nothing still does its honest work, unless it never ends.
  if (run.atEnd.has("result") !== (one.isEndless === true)) problems.push(`Caper: result: ${shown}`);
  return { score, problems };
}

async function judgeTwinInPlain(one: AttackCase): Promise<readonly string[]> {
  const plain = await runPlain(one, "twin");
  return [...plain.atEnd].map((fact) => `twin in plain Node: ${fact}\n${plain.log}`);
}

export async function judge(one: AttackCase): Promise<Verdict> {
  const plain = await judgePlain(one);
  const caper = await judgeCaper(one);
  const twinInPlain = await judgeTwinInPlain(one);
  const twinInCaper = await runTwin(one);
  return {
    title: one.title,
    firesAt: one.firesAt,
    plain: plain.score,
    caper: caper.score,
    isTwinFineInPlain: twinInPlain.length === 0,
    isTwinFineInCaper: twinInCaper.length === 0,
    problems: [...plain.problems, ...caper.problems, ...twinInPlain, ...twinInCaper],
  };
}
