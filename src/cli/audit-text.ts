/**
 * Audits as text for a terminal.
 *
 * @module
 */
import type { AuthorityChange, PackageAudit, TreeAudit } from "../library/index.ts";
import { oneLine } from "./library-errors.ts";
import { formatBytes, formatGas } from "./quantities.ts";

/** What an import with no power and a budget came to. */
export interface Trial {
  /** "loaded", or the sentence with which it failed. */
  readonly outcome: string;
  readonly gasUsed: number | null;
  readonly memoryBytes: number | null;
}

/** Of one list in the table; the JSON has all. */
const SHOWN_MAX = 12;

const ROWS = [
  ["powers", "powers"],
  ["builtins", "built-ins"],
  ["globals", "globals"],
  ["variables", "variables"],
  ["hosts", "hosts named"],
  ["paths", "paths asked for"],
  ["evaluates", "code from text"],
  ["scripts", "install scripts, not run"],
  ["native", "native code, not loaded"],
] as const;

export function renderAudit(audit: TreeAudit, trial: Trial, policy: string): string {
  const remarkable = audit.packages.filter((one, index) => index === 0 || rowsOf(one).length > 0);
  const silent = audit.packages.length - remarkable.length;
  const lines = remarkable.flatMap((one) => {
    const rows = rowsOf(one);
    const note = one.isReached ? "" : " (nothing imports it)";
    return [
      `${oneLine(`${one.name}@${one.version}`)}${note}`,
      ...(rows.length === 0 ? ["  reaches for nothing"] : rows),
      "",
    ];
  });
  if (silent > 0) lines.push(`${silent} more ${silent === 1 ? "package reaches" : "packages reach"} for nothing`, "");
  return [...lines, describeTrial(trial), "", "proposed policy", policy].join("\n");
}

function rowsOf(one: PackageAudit): readonly string[] {
  return ROWS.flatMap(([kind, label]) => (one[kind].length === 0 ? [] : [`  ${label.padEnd(26)}${listed(one[kind])}`]));
}

function listed(items: readonly string[]): string {
  const more = items.length > SHOWN_MAX ? `, … ${items.length - SHOWN_MAX} more` : "";
  // Names and texts are the package's own, and must not play with the terminal.
  return items.slice(0, SHOWN_MAX).map(oneLine).join(", ") + more;
}

function describeTrial({ outcome, gasUsed, memoryBytes }: Trial): string {
  if (gasUsed === null || memoryBytes === null) return `trial run without powers: ${outcome}`;
  return `trial run without powers: ${outcome}, ${formatGas(gasUsed)} gas, ${formatBytes(memoryBytes)}`;
}

export function renderDifference(before: TreeAudit, after: TreeAudit, changes: readonly AuthorityChange[]): string {
  const title = oneLine(`${before.package}@${before.version} -> ${after.package}@${after.version}`);
  if (changes.length === 0) return `${title}\n  asks for nothing new\n`;
  const lines = changes.flatMap((change) => [
    oneLine(`${change.package}@${change.after}`) +
      (change.before === undefined ? " (new)" : oneLine(` (was ${change.before})`)),
    ...ROWS.flatMap(([kind, label]) => {
      const added = change.added[kind];
      return added === undefined ? [] : [`  + ${label.padEnd(26)}${listed(added)}`];
    }),
  ]);
  return `${[title, ...lines].join("\n")}\n`;
}
