/**
 * The audit log: every use and denial of a power, who it was and how much. A ring in memory that forgets the oldest; lines of
 * JSON for files and other programs; listeners for those who watch. What was read, written or sent is never in it.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import { PowerError } from "./errors.ts";
import type { Decision } from "./observe.ts";

/** What the recorder says; the log adds a number and the time. Texts are cut at `AUDIT_TEXT_LENGTH_MAX`. */
export interface AuditRecord {
  /** Of the user: as its host names it. */
  readonly process?: string;
  readonly package?: string;
  readonly power: string;
  readonly method: string;
  /** See `UseReport`. */
  readonly bytes: number;
  /** That the process had used by then, where it is known. */
  readonly gas?: number;
  readonly decision: Decision;
  /** Why it was denied, or failed. */
  readonly reason?: string;
}

export interface AuditEntry extends AuditRecord {
  /** From 1, without gaps: a log that begins with 101 has forgotten 100. */
  readonly sequence: number;
  /** Milliseconds since 1970, if the log has a clock. */
  readonly time?: number;
}

export interface AuditLog {
  record(entry: AuditRecord): void;
  /** Those that are kept, oldest first. */
  entries(): readonly AuditEntry[];
  /** Tells each new entry; what the listener throws is dropped, so that it cannot get in a power's way. Gives the way to stop. */
  subscribe(listener: (entry: AuditEntry) => void): () => void;
  /** One entry a line, each line ended by a line feed. */
  toJsonLines(): string;
}

export const AUDIT_ENTRIES_DEFAULT = 10_000;
export const AUDIT_ENTRIES_MAX = 1_000_000;
/** Of names and reasons, in UTF-16 units. */
export const AUDIT_TEXT_LENGTH_MAX = 256;
export const AUDIT_LISTENERS_MAX = 64;
/** Of one line that is read: all texts at their limit, escaped, fit well. */
export const AUDIT_LINE_LENGTH_MAX = 16_384;

const NS_PER_MS = 1e6;

export function makeAuditLog(init: { readonly entriesMax?: number; readonly clock?: Clock } = {}): AuditLog {
  const entriesMax = init.entriesMax ?? AUDIT_ENTRIES_DEFAULT;
  if (!Number.isInteger(entriesMax) || entriesMax < 1 || entriesMax > AUDIT_ENTRIES_MAX) {
    throw new RangeError(`entriesMax: expected an integer from 1 to ${AUDIT_ENTRIES_MAX}, got ${entriesMax}`);
  }
  /** A ring: once it is full, the oldest stands at `sequence % entriesMax`. */
  const ring: AuditEntry[] = [];
  const listeners = new Set<(entry: AuditEntry) => void>();
  let sequence = 0;
  const entries = (): readonly AuditEntry[] => {
    const oldest = ring.length < entriesMax ? 0 : sequence % entriesMax;
    return [...ring.slice(oldest), ...ring.slice(0, oldest)];
  };
  return Object.freeze({
    record(record: AuditRecord): void {
      const time = init.clock === undefined ? {} : { time: Number(init.clock.realtime()) / NS_PER_MS };
      const entry = Object.freeze({ sequence: sequence + 1, ...time, ...cutTexts(record) });
      ring[sequence % entriesMax] = entry;
      sequence++;
      for (const listener of listeners) tell(listener, entry);
    },
    entries,
    subscribe(listener: (entry: AuditEntry) => void): () => void {
      if (listeners.size >= AUDIT_LISTENERS_MAX) throw new RangeError(`at most ${AUDIT_LISTENERS_MAX} listeners`);
      // An own function, so that one listener subscribed twice can stop once.
      const own = (entry: AuditEntry): void => listener(entry);
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },
    toJsonLines: () => entries().map(auditEntryToJson).join(""),
  });
}

function tell(listener: (entry: AuditEntry) => void, entry: AuditEntry): void {
  try {
    listener(entry);
  } catch {
    // See subscribe.
  }
}

function cut(text: string): string {
  return text.length <= AUDIT_TEXT_LENGTH_MAX ? text : `${text.slice(0, AUDIT_TEXT_LENGTH_MAX - 1)}…`;
}

function cutTexts(record: AuditRecord): AuditRecord {
  return {
    ...(record.process === undefined ? {} : { process: cut(record.process) }),
    ...(record.package === undefined ? {} : { package: cut(record.package) }),
    power: cut(record.power),
    method: cut(record.method),
    bytes: record.bytes,
    ...(record.gas === undefined ? {} : { gas: record.gas }),
    decision: record.decision,
    ...(record.reason === undefined ? {} : { reason: cut(record.reason) }),
  };
}

/** One line, ended by a line feed. */
export function auditEntryToJson(entry: AuditEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

/** Reads what `toJsonLines` wrote, or one line of it. Throws a `PowerError` (`unsupported`) that names the line. */
export function parseAuditLines(text: string): readonly AuditEntry[] {
  const lines = text.split("\n");
  const entries: AuditEntry[] = [];
  for (const [at, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const entry = line.length > AUDIT_LINE_LENGTH_MAX ? undefined : readEntry(line);
    if (entry === undefined) throw new PowerError("unsupported", `audit log: line ${at + 1} is no entry`);
    entries.push(entry);
  }
  return entries;
}

const DECISIONS: readonly unknown[] = ["allowed", "denied", "failed"];

function readEntry(line: string): AuditEntry | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof json !== "object" || json === null) return undefined;
  const entry = json as { readonly [key in keyof AuditEntry]?: unknown };
  const isSound =
    isCount(entry.sequence) &&
    isCount(entry.bytes) &&
    (entry.time === undefined || typeof entry.time === "number") &&
    (entry.gas === undefined || isCount(entry.gas)) &&
    isText(entry.power) &&
    isText(entry.method) &&
    [entry.process, entry.package, entry.reason].every((text) => text === undefined || isText(text)) &&
    DECISIONS.includes(entry.decision);
  if (!isSound) return undefined;
  const { sequence, time, ...record } = entry as AuditEntry;
  return Object.freeze({ sequence, ...(time === undefined ? {} : { time }), ...cutTexts(record) });
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= AUDIT_TEXT_LENGTH_MAX;
}

/**
 * One entry as a line for people, without line feed; `formatTime` says how they read milliseconds since 1970. Control characters
 * are shown as escapes, so that no text can play with a terminal.
 */
export function describeAuditEntry(entry: AuditEntry, formatTime: (timeMs: number) => string = String): string {
  const time = entry.time === undefined ? "" : `${formatTime(entry.time)} `;
  const who = [entry.process, entry.package].filter((name) => name !== undefined).join("/");
  const gas = entry.gas === undefined ? "" : `, gas ${entry.gas}`;
  const reason = entry.reason === undefined ? "" : `: ${entry.reason}`;
  const use = `${entry.power}.${entry.method} (${entry.bytes} bytes${gas})`;
  const line = `${entry.sequence} ${time}${entry.decision} ${who === "" ? "" : `${who} `}${use}${reason}`;
  return line.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (unit) => {
    return `\\u{${(unit.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
