/** What TypeScript sees of setup.mjs. */
declare module "*/setup.mjs" {
  export type Tool =
    | "chromium"
    | "clang"
    | "wasm-ld"
    | "wasi-libc"
    | "wasm-opt"
    | "wast2json"
    | "jsc"
    | "ip"
    | "newest-node"
    | "tclsh"
    | "make"
    | "gcc"
    | "xz"
    | "dpkg-source";

  /** The tool's path, or undefined where the machine lacks it. */
  export function findTool(tool: Tool): string | undefined;
}
