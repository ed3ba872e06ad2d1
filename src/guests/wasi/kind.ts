/**
 * WASI programs as a kind of guest of the kernel. Its powers are a `WasiInit`; a child that a guest spawns has none, so it
 * gets the deterministic stand-ins.
 *
 * @module
 */
import type { Plain } from "../../image/index.ts";
import type { GuestInit, GuestKind } from "../../kernel/index.ts";
import { WASI_MODULE } from "./abi.ts";
import { makeWasi } from "./make-wasi.ts";
import type { WasiInit } from "./process.ts";
import { wasiSignature } from "./signatures.ts";

function initOf(init: GuestInit): WasiInit {
  if (init.powers !== undefined && (typeof init.powers !== "object" || init.powers === null)) {
    throw new TypeError("powers: expected what makeWasi takes, or nothing");
  }
  const powers: WasiInit = init.powers ?? {};
  return init.saved === undefined ? powers : { ...powers, saved: init.saved };
}

export const WASI_KIND: GuestKind = Object.freeze<GuestKind>({
  name: "wasi",
  provides: [WASI_MODULE],
  signatureOf: (importModule, name) => (importModule === WASI_MODULE ? wasiSignature(name) : undefined),
  make(init: GuestInit) {
    const wasi = makeWasi(initOf(init));
    return { modules: { [WASI_MODULE]: wasi.functions }, save: () => wasi.save() as Plain };
  },
});
