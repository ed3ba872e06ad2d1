/**
 * The kind of guest that runs JavaScript: one engine instance for each process, thawed from a base image.
 * @module
 */

import type { Guest, GuestBase, GuestInit, GuestKind, GuestMessage, Program } from "../../kernel/index.ts";
import { decodePassable } from "../../passable/index.ts";
import type { Clock, OutputStream, RandomSource } from "../../powers/index.ts";
import { makeCallbacks, type OnCallback } from "./callbacks.ts";
import { makeDriver } from "./driver.ts";
import { engineFunctions } from "./engine.ts";
import { makeHostCall } from "./host-calls.ts";
import { engineImports, wasiImports } from "./imports.ts";
import { ENGINE_STACK_SLOTS } from "./limits.ts";
import { loadState, saveState } from "./state.ts";

/** Images name it. */
export const JAVASCRIPT_KIND = "javascript";

/** What the host may hand to one process. Children of guests get none of it: their console is the kernel's log. */
export interface JavaScriptPowers {
  /** For console.debug, log and info. */
  readonly stdout?: OutputStream;
  /** For console.warn and error. */
  readonly stderr?: OutputStream;
  /** For Date and performance; without it time is gas. */
  readonly clock?: Clock;
  /** For Math.random, which else is seeded by the base image: the same numbers in every process. */
  readonly random?: RandomSource;
  /** What the guest calls without a message: see `OnCallback`. Without it such calls throw in the guest. */
  readonly onCallback?: OnCallback;
  /** A promise was rejected and the turn ended without a handler. Without this it is a line in the kernel's log. */
  onUnhandledRejection?(reason: unknown): void;
}

export function makeJavaScriptKind(init: { readonly program: Program; readonly base: GuestBase }): GuestKind {
  const functions = engineFunctions(init.program.module);
  return Object.freeze({
    name: JAVASCRIPT_KIND,
    program: init.program,
    base: init.base,
    stackSlotsMax: ENGINE_STACK_SLOTS,
    make({ saved, services, powers }: GuestInit): Guest {
      const given = (powers ?? {}) as JavaScriptPowers;
      const state = loadState(saved ?? init.base.saved);
      const hostCall = makeHostCall({
        state,
        services,
        stdout: given.stdout,
        stderr: given.stderr,
        random: given.random,
        callbacks: makeCallbacks(state, given.onCallback),
        onUnhandledRejection(reason: GuestMessage): void {
          if (given.onUnhandledRejection === undefined) services.log(unhandledLine(reason));
          else given.onUnhandledRejection(readReason(reason));
        },
      });
      return Object.freeze({
        modules: {
          env: engineImports(state, hostCall),
          wasi_snapshot_preview1: wasiImports({ services, clock: given.clock, random: given.random }),
        },
        driver: makeDriver(state, functions),
        save: () => saveState(state),
      });
    },
  });
}

function readReason(message: GuestMessage): unknown {
  return decodePassable(message.bytes, { valueOfSlot: () => undefined });
}

function unhandledLine(message: GuestMessage): Uint8Array {
  const reason = readReason(message);
  const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
  return new TextEncoder().encode(`Unhandled rejection: ${text}\n`);
}
