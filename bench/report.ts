/**
 * What a bench gives back, as a table on the terminal, in JSON and in RESULTS.md.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";

export type Cell = string | number;

export interface Report {
  /** Name of the JSON file and of the bench on the command line. */
  readonly name: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** What NUMBERS asks for, what came out, and what the reader should know. */
  readonly notes: readonly string[];
  /** Every number measured, in milliseconds or bytes, for other programs. */
  readonly details?: unknown;
}

export interface Surroundings {
  readonly machine: string;
  readonly date: string;
  readonly loadAtStart: number;
}

function cellText(cell: Cell): string {
  return typeof cell === "number" ? cell.toFixed(2) : cell;
}

export function renderTable(report: Report): string {
  const lines = [report.columns, ...report.rows.map((row) => row.map(cellText))];
  const widths = report.columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const render = (line: readonly string[]) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ");
  return [report.title, ...lines.map(render), ...report.notes].join("\n");
}

export function renderMarkdown(report: Report): string {
  const row = (cells: readonly Cell[]) => `| ${cells.map(cellText).join(" | ")} |`;
  const notes = report.notes.length === 0 ? [] : ["", ...report.notes];
  return [
    `## ${report.title}`,
    "",
    row(report.columns),
    row(report.columns.map((_, index) => (index === 0 ? "---" : "---:"))),
    ...report.rows.map(row),
    ...notes,
  ].join("\n");
}

export function writeJson(folder: string, report: Report, surroundings: Surroundings): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${report.name}.json`, `${JSON.stringify({ ...surroundings, ...report }, null, 2)}\n`);
}
