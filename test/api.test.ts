/**
 * The public interface as a snapshot: every name that a layer's entry exports, so that widening it is a visible difference.
 * Update it with `npm test -- test/api.test.ts -u`.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { projectRoot } from "./support/sources.ts";

const exportsMap: Record<string, string> = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")).exports;
const entries = Object.entries(exportsMap).filter(([, file]) => file.endsWith(".ts"));

function describeKind(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  if (target.flags & ts.SymbolFlags.Class) return "class";
  if (target.flags & ts.SymbolFlags.Function) return "function";
  if (target.flags & ts.SymbolFlags.Variable) return "const";
  return "type";
}

function listExports(): string {
  const files = entries.map(([, file]) => join(projectRoot, file));
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ESNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true,
    types: ["node"],
  });
  const checker = program.getTypeChecker();
  const sections = entries.map(([name, file]) => {
    const source = program.getSourceFile(join(projectRoot, file));
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${file} exports nothing`);
    const names = checker
      .getExportsOfModule(module)
      .map((symbol) => `${symbol.name} (${describeKind(symbol, checker)})`);
    return `caper${name.slice(1)}\n${names.sort().join("\n")}\n`;
  });
  return sections.join("\n");
}

describe("public interface", () => {
  it("exports the names of the snapshot", async () => {
    await expect(listExports()).toMatchFileSnapshot("api.snapshot.txt");
  });
});
