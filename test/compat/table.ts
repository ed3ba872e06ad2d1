/**
 * The compatibility table, for a terminal and for docs/compat.md.
 *
 * @module
 */
import type { Outcome } from "./one.ts";
import { pinnedVersions } from "./project.ts";

const HEAD = [
  "package",
  "version",
  "same",
  "bundle",
  "import in Node",
  "in isolated-vm",
  "in Caper",
  "from cache",
  "call in Node",
  "in isolated-vm",
  "in Caper",
];

function milliseconds(value: number | undefined): string {
  return value === undefined ? "" : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

function microseconds(value: number | undefined): string {
  if (value === undefined) return "";
  if (value >= 10_000) return `${(value / 1000).toFixed(0)} ms`;
  return `${value < 10 ? value.toFixed(2) : Math.round(value)} µs`;
}

function kilobytes(value: number | undefined): string {
  return value === undefined ? "" : `${Math.round(value / 1024)} KB`;
}

function cells(outcome: Outcome): readonly string[] {
  return [
    outcome.name,
    pinnedVersions()[outcome.name] ?? "",
    outcome.isSame ? "yes" : "**no**",
    kilobytes(outcome.bundleBytes),
    milliseconds(outcome.nodeLoadMs),
    milliseconds(outcome.isolated?.loadMs),
    milliseconds(outcome.firstLoadMs),
    milliseconds(outcome.cachedLoadMs),
    microseconds(outcome.nodeCallMicros),
    microseconds(outcome.isolated?.callMicros),
    microseconds(outcome.caperCallMicros),
  ];
}

export function renderRow(outcome: Outcome): string {
  const widths = [18, 9, 7, 9, 9, 9, 10, 9, 10, 10, 10];
  const line = cells(outcome).map((text, at) => (at < 2 ? text.padEnd(widths[at]!) : text.padStart(widths[at]!)));
  const reason = outcome.isSame ? "" : `\n    ${outcome.reason}`;
  return line.join(" ").replaceAll("**no**", "    no") + reason;
}

export function summarize(outcomes: readonly Outcome[]): string {
  const same = outcomes.filter(({ isSame }) => isSame).length;
  return `${same} of ${outcomes.length} packages give the same results as in plain Node`;
}

export interface Setting {
  readonly date: string;
  readonly machine: string;
}

export function renderMarkdown(outcomes: readonly Outcome[], { date, machine }: Setting): string {
  const row = (texts: readonly string[]): string => `| ${texts.join(" | ")} |`;
  const failed = outcomes.filter(({ isSame }) => !isSame);
  const table = [
    row(HEAD),
    row(HEAD.map((_, at) => (at < 3 ? "---" : "---:"))),
    ...outcomes.map((one) => row(cells(one))),
  ];
  const reasons = failed.map(({ name, reason }) => `- **${name}**: ${(reason ?? "").replaceAll("|", "\\|")}`);
  return `# Packages that were tried

The documented examples of ${outcomes.length} packages ([test/compat/examples](../test/compat/examples)), run once with plain Node's \`import()\` and once
with \`importLibrary\`, from the same files in the same versions. A row says "yes" where everything that an example returns is deeply equal.
**${summarize(outcomes)}.**

${table.join("\n")}
${reasons.length === 0 ? "" : `\nNot the same:\n\n${reasons.join("\n")}\n`}
*import in Caper*: from npm's tarballs, which lie in the cache, to a namespace that can be called: resolve, unpack, bundle, start an engine, run
the modules. *from cache*: the same again, where bundle and loaded image are kept. *call*: one ordinary call that the example names, the least of
several rounds; an asynchronous one is awaited. In isolated-vm, which has no membrane, the whole call runs inside of the isolate, bundled for
browsers; where it says nothing, the package needs more than the language and does not load there. Rows
without times were compared only.

Written by \`npm run compat -- --write\` on ${date} UTC: ${machine}.
`;
}
