/**
 * `npm run attacks`: the corpus of attacks as a table, plain Node beside Caper.
 *
 * @module
 */
import { styleText } from "node:util";
import { Argument } from "commander";
import { makeCommand } from "../../scripts/usage.ts";
import { CASES } from "./harness/cases.ts";
import { judge, type Verdict } from "./harness/judge.ts";
import { POINTS, type Score } from "./harness/score.ts";

const TITLE_WIDTH = 46;
const EXPLANATION = [
  "a: no install script ran                      d: siblings, prototypes and globals of others are untouched",
  "b: nothing beyond the endowments at import    e: the host stayed responsive, the guest stopped at an exact gas count",
  "c: nothing granted was used beyond its limits f: the audit log names the denial: package, power, when",
];

const cell = (isWon: boolean): string => (isWon ? styleText("green", "+") : styleText("red", "-"));
const cells = (score: Score): string => POINTS.map((point) => cell(score[point])).join(" ");
const works = (isFine: boolean): string => (isFine ? styleText("green", "works") : styleText("red", "fails"));

function renderRow({ title, plain, caper, isTwinFineInPlain, isTwinFineInCaper }: Verdict): string {
  const twins = `${works(isTwinFineInPlain)}  ${works(isTwinFineInCaper)}`;
  return `${title.padEnd(TITLE_WIDTH)} ${cells(plain)}   ${cells(caper)}   ${twins}`;
}

const folders = CASES.map(({ folder }) => folder);
const { args: chosen } = makeCommand("attacks", "Runs look-alikes of known attacks in plain Node and in Caper.")
  .addArgument(new Argument("[cases...]", "only these").choices(folders))
  .parse();
console.log(`${"".padEnd(TITLE_WIDTH)} plain Node    Caper         benign twin`);
console.log(`${"look-alike of".padEnd(TITLE_WIDTH)} ${POINTS.join(" ")}   ${POINTS.join(" ")}   Node   Caper`);
const problems: string[] = [];
for (const one of CASES.filter(({ folder }) => chosen.length === 0 || chosen.includes(folder))) {
  const verdict = await judge(one);
  console.log(renderRow(verdict));
  problems.push(...verdict.problems.map((problem) => `${one.folder}: ${problem}`));
}
console.log(`\n${EXPLANATION.join("\n")}`);
for (const problem of problems) console.log(styleText("red", `\n${problem}`));
process.exitCode = problems.length === 0 ? 0 : 1;
