/**
 * What `@ruby/3.4-wasm-wasi` imports beyond WASI, as a kind of guest, and how its exports are called. The canonical ABI's
 * handles are the numbers that Ruby itself gives; the bridge to JavaScript (`rb-js-abi-host`) cannot be met without the host's
 * JavaScript, so a program that uses it ends with exit code 70.
 *
 * @module
 */
import { makeWasi, WASI_MODULE, type WasiInit } from "../../src/guests/wasi/index.ts";
import type { Plain } from "../../src/image/index.ts";
import { Exit, type GuestInit, type GuestKind, type HostFunction, type Process } from "../../src/kernel/index.ts";

export const BRIDGE_EXIT_CODE = 70;
const INIT = "ruby-init: func(args: list<string>) -> ()";
const EVALUATE = "rb-eval-string-protect: func(str: string) -> tuple<handle<rb-abi-value>, s32>";
const POINTER_BYTES = 4;

/** Every function of the bridge, by any name. */
function makeBridge(names: readonly string[]): { readonly [name: string]: HostFunction } {
  return Object.fromEntries(names.map((name) => [name, () => new Exit(BRIDGE_EXIT_CODE)]));
}

export function makeRubyKind(bridgeNames: readonly string[]): GuestKind {
  return Object.freeze<GuestKind>({
    name: "ruby",
    make({ saved, powers }: GuestInit) {
      const given = (powers ?? {}) as WasiInit;
      const wasi = makeWasi(saved === undefined ? given : { ...given, saved });
      return {
        modules: {
          [WASI_MODULE]: wasi.functions,
          "rb-js-abi-host": makeBridge(bridgeNames),
          canonical_abi: {
            "resource_new_rb-abi-value": (_context, value) => value,
            "resource_get_rb-abi-value": (_context, value) => value,
            "resource_drop_js-abi-value": () => undefined,
          },
        },
        save: () => wasi.save() as Plain,
      };
    },
  });
}

function callNow(process: Process, name: string, args: readonly number[]): number {
  const result = process.callSync(name, args);
  if (result.kind !== "done") throw new Error(`${name}: ${JSON.stringify(result)}`);
  return Number(result.results[0] ?? 0);
}

function putText(process: Process, text: string): [pointer: number, length: number] {
  const bytes = new TextEncoder().encode(text);
  const pointer = callNow(process, "cabi_realloc", [0, 0, 1, bytes.length]);
  process.memory().set(bytes, pointer);
  return [pointer, bytes.length];
}

/** Starts the interpreter, as its own JavaScript package does. */
export function startRuby(process: Process): void {
  callNow(process, "_initialize", []);
  const texts = ["ruby.wasm", "-e_=0"].map((text) => putText(process, text));
  const list = callNow(process, "cabi_realloc", [0, 0, POINTER_BYTES, texts.length * 2 * POINTER_BYTES]);
  const memory = process.memory();
  new Int32Array(memory.buffer, memory.byteOffset + list, texts.length * 2).set(texts.flat());
  callNow(process, INIT, [list, texts.length]);
}

/** The export to call, and its arguments. */
export function prepareRuby(process: Process, source: string): { readonly name: string; readonly args: number[] } {
  return { name: EVALUATE, args: putText(process, source) };
}
