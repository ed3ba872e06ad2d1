/**
 * The six points that a run scores:
 * (a) no install script ran; (b) nothing beyond the endowments was reachable at import; (c) what was granted could not be used beyond
 * its attenuation; (d) siblings, prototypes and globals of others are untouched; (e) the host stayed responsive and the guest stopped
 * at an exact gas count; (f) the denial is named in the audit log: which package, which power, when.
 *
 * @module
 */
import type { CaperRun } from "./caper.ts";
import type { AttackCase } from "./case.ts";
import type { PlainRun } from "./plain.ts";

export const POINTS = ["a", "b", "c", "d", "e", "f"] as const;
export type Score = { readonly [point in (typeof POINTS)[number]]: boolean };

const isScript = (fact: string): boolean => fact.startsWith("script ");
const isPatch = (fact: string): boolean =>
  fact.startsWith("patched ") || fact.startsWith("changed project/node_modules/");
/** Of the run itself, not of what it reached. */
const isCourse = (fact: string): boolean => fact === "endless" || fact === "result" || fact === "failed";

function isReach(fact: string): boolean {
  return !isScript(fact) && !isPatch(fact) && !isCourse(fact);
}

function scoreFacts(atImport: ReadonlySet<string>, atEnd: ReadonlySet<string>): Omit<Score, "e" | "f"> {
  return {
    a: ![...atEnd].some(isScript),
    b: ![...atImport].some(isReach),
    c: ![...atEnd].some(isReach),
    d: ![...atEnd].some(isPatch),
  };
}

/** Plain Node counts no gas and names no denial. */
export function scorePlain({ atImport, atEnd }: PlainRun): Score {
  return { ...scoreFacts(atImport, atEnd), e: false, f: false };
}

/** Turns of the host's event loop without which it would not have been responsive while a library ran for ever. */
const HOST_TURNS_MIN = 3;

/** Gas is charged before a stretch of straight code, and looked at behind it: so much may be used beyond a budget, always the same. */
const STRETCH_GAS = 1_000;

export function scoreCaper(one: AttackCase, run: CaperRun): Score {
  const { atImport, atEnd, wholeGas, halfBudget, stoppedAt, denials, hostTurns } = run;
  const isExact =
    wholeGas[0] === wholeGas[1] && stoppedAt[0] === stoppedAt[1] && stoppedAt[0] - halfBudget < STRETCH_GAS;
  const isNamed = one.denied.every((power) =>
    denials.some(
      (entry) =>
        entry.power === power &&
        entry.package?.startsWith("lookalike-") &&
        entry.sequence > 0 &&
        entry.time !== undefined,
    ),
  );
  return {
    ...scoreFacts(atImport, atEnd),
    e: isExact && (!one.isEndless || hostTurns >= HOST_TURNS_MIN),
    f: isNamed,
  };
}
