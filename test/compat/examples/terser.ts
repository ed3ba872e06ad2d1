import type { Library } from "../example.ts";

const CODE =
  "function add(first, second) { if (false) { console.log('never'); } return first + second; } console.log(add(1 + 2, 4));";

export async function example(library: Library): Promise<unknown> {
  // Its result has accessors as well: an object by reference, of which the documented members are compared.
  const minify = async (...args: unknown[]): Promise<unknown> => {
    const { code, map } = await library.minify(...args);
    return { code, map };
  };
  let thrown: unknown;
  try {
    await minify("function (", {});
  } catch (error) {
    thrown = { message: (error as Error).message, line: (error as Library).line };
  }
  return {
    plain: await minify(CODE, { sourceMap: true }),
    several: await minify(
      {
        "file1.js": "function add(first, second) { return first + second; }",
        "file2.js": "console.log(add(1 + 2, 3 + 4));",
      },
      { toplevel: true },
    ),
    mangled: await minify(CODE, { mangle: { toplevel: true }, compress: { passes: 2, dead_code: true } }),
    pretty: await minify("if(a)b();else c()", {
      compress: false,
      mangle: false,
      format: { beautify: true, preamble: "/* minified */" },
    }),
    thrown,
  };
}

export async function call({ minify }: Library): Promise<unknown> {
  return (await minify("let a = 1 + 2;")).code;
}
