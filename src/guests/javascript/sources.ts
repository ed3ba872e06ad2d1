/**
 * Sources of modules on their way in. They go from the message into the engine's memory by themselves, as bytes: read as JSON by the
 * guest they cost some 200 gas a character, as much as half of compiling them.
 * @module
 */

import type { GuestMessage } from "../../kernel/index.ts";
import { MODULES_MAX, NAME_BYTES_MAX } from "./limits.ts";
import type { SourceTask } from "./tasks.ts";

export interface TakenSources {
  /** The message without them. */
  readonly message: GuestMessage;
  readonly tasks: readonly SourceTask[];
}

/** Requests whose third part is a struct of sources by name. */
const HEADS: readonly Uint8Array[] = ['["import",', '["main",'].map((head) => new TextEncoder().encode(head));

/** undefined where it asks for no import, or where something is amiss with the sources: then the guest says what. */
export function takeSources(message: GuestMessage): TakenSources | undefined {
  const { bytes, capabilities } = message;
  if (!HEADS.some((head) => head.every((byte, index) => bytes[index] === byte))) return undefined;
  const parts = parsed(bytes);
  if (!Array.isArray(parts) || typeof parts[1] !== "string") return undefined;
  const tasks = sourceTasks(parts[2]);
  if (tasks === undefined) return undefined;
  const [method, entry, , ...rest] = parts;
  return {
    message: { bytes: new TextEncoder().encode(JSON.stringify([method, entry, {}, ...rest])), capabilities },
    tasks,
  };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function sourceTasks(modules: unknown): SourceTask[] | undefined {
  if (typeof modules !== "object" || modules === null || Array.isArray(modules)) return undefined;
  const entries = Object.entries(modules);
  if (entries.length >= MODULES_MAX) return undefined;
  const tasks: SourceTask[] = [];
  for (const [key, value] of entries) {
    const name = plainText(key);
    const source = typeof value === "string" ? plainText(value) : undefined;
    if (name === undefined || source === undefined) return undefined;
    if (new TextEncoder().encode(name).length > NAME_BYTES_MAX) return undefined;
    tasks.push({ kind: "source", step: 0, name, source: new TextEncoder().encode(source) });
  }
  return tasks;
}

/** Without its escape; undefined where it is the form of another value (docs/spec/passable.md). */
function plainText(text: string): string | undefined {
  if (text.startsWith("!")) return text.slice(1);
  return text < "." && text >= "!" ? undefined : text;
}
