import type { Library } from "../example.ts";

export async function example({ default: ts }: Library): Promise<unknown> {
  const source = "let x: string  = 'string'; enum E { A = 1, B } export const f = <T,>(a?: T) => a!;";
  const transpiled = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.CommonJS } });
  const file = ts.createSourceFile("a.ts", source, ts.ScriptTarget.ES2022, true);
  const kinds: string[] = [];
  const visit = (node: Library): void => {
    kinds.push(ts.SyntaxKind[node.kind]);
    ts.forEachChild(node, visit);
  };
  visit(file);
  const broken = ts.transpileModule("let = ;", { reportDiagnostics: true });
  return {
    output: transpiled.outputText,
    kinds,
    diagnostics: broken.diagnostics.map((one: Library) => [one.code, one.messageText, one.start]),
    config: ts.parseConfigFileTextToJson("tsconfig.json", '{ // note\n "compilerOptions": { "strict": true, } }'),
    version: ts.version,
  };
}

export function call({ default: ts }: Library): unknown {
  return ts.transpile("let x: number = 1;");
}
