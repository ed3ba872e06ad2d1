/**
 * Our verdict on a module beside the engine's: what an engine takes we must take or refuse as unsupported, and what we take an
 * engine must take.
 *
 * @module
 */
import { decodeModule, validateModule, WasmError } from "../../src/wasm/index.ts";

export type Verdict = { readonly code: "ok" | WasmError["code"]; readonly message: string };

/** Any error but a `WasmError` is thrown on. */
export function judgeModule(bytes: Uint8Array): Verdict {
  try {
    validateModule(decodeModule(bytes));
    return { code: "ok", message: "" };
  } catch (error) {
    if (error instanceof WasmError) return { code: error.code, message: error.message };
    throw error;
  }
}

/** A sentence about the disagreement, or undefined. */
export function disagreement(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  const ours = judgeModule(bytes);
  const engine = WebAssembly.validate(bytes);
  if (ours.code === "unsupported" || (ours.code === "ok") === engine) return undefined;
  return `we say ${ours.code} (${ours.message}), the engine says ${engine ? "valid" : "invalid"}: ${toHex(bytes)}`;
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
