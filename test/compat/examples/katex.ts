import type { Library } from "../example.ts";

export async function example({ default: katex }: Library): Promise<unknown> {
  let thrown: unknown;
  try {
    katex.renderToString("\\frac{1", {});
  } catch (error) {
    thrown = { name: (error as Error).name, message: (error as Error).message, position: (error as Library).position };
  }
  return {
    html: katex.renderToString("c = \\pm\\sqrt{a^2 + b^2}", { throwOnError: false }),
    display: katex.renderToString("\\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}", {
      displayMode: true,
      output: "mathml",
    }),
    macros: katex.renderToString("\\RR", { macros: { "\\RR": "\\mathbb{R}" } }),
    coloured: katex.renderToString("\\unknown", { throwOnError: false, errorColor: "#f00" }),
    trusted: katex.renderToString("\\href{https://example.org}{x}", {
      trust: (context: Library) => context.protocol === "https",
    }),
    thrown,
  };
}

export function call({ default: katex }: Library): unknown {
  return katex.renderToString("x^2");
}
