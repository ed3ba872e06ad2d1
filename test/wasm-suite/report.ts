/**
 * What the suite's files came to.
 *
 * @module
 */

export interface Report {
  /** Modules that ran. */
  modules: number;
  /** Assertions that held. */
  held: number;
  /** Commands that say nothing about what is supported here, by reason. */
  readonly notApplicable: Map<string, number>;
  /** Line, what was expected, what came. */
  readonly failures: string[];
  thaws: number;
}

/** What many files came to, a line each. */
export function describeReports(reports: readonly Report[]): string[] {
  const sum = (count: (report: Report) => number): number => reports.reduce((all, report) => all + count(report), 0);
  const reasons = new Map<string, number>();
  for (const { notApplicable } of reports)
    for (const [reason, count] of notApplicable) reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  const failed = sum(({ failures }) => failures.length);
  const skipped = [...reasons.values()].reduce((all, count) => all + count, 0);
  return [
    `${reports.length} files, ${sum(({ modules }) => modules)} modules, ${sum(({ thaws }) => thaws)} thaws`,
    `${sum(({ held }) => held)} assertions held, ${failed} failed, ${skipped} commands not applicable`,
    ...[...reasons].sort(([, a], [, b]) => b - a).map(([reason, count]) => `not applicable, ${count}: ${reason}`),
  ];
}
