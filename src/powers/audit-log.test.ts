import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  AUDIT_ENTRIES_MAX,
  AUDIT_LINE_LENGTH_MAX,
  AUDIT_LISTENERS_MAX,
  AUDIT_TEXT_LENGTH_MAX,
  type AuditEntry,
  type AuditRecord,
  auditEntryToJson,
  describeAuditEntry,
  makeAuditLog,
  makeManualClock,
  parseAuditLines,
} from "./index.ts";

const use: AuditRecord = { power: "directory", method: "read", bytes: 5, decision: "allowed" };

const text = fc.string({ unit: "binary", maxLength: AUDIT_TEXT_LENGTH_MAX * 2 });
const records: fc.Arbitrary<AuditRecord> = fc.record(
  {
    process: text,
    package: text,
    power: text,
    method: text,
    bytes: fc.maxSafeNat(),
    gas: fc.maxSafeNat(),
    decision: fc.constantFrom("allowed", "denied", "failed"),
    reason: text,
  },
  { requiredKeys: ["power", "method", "bytes", "decision"] },
);

describe("the audit log", () => {
  it("numbers what it records, and keeps the newest", () => {
    const log = makeAuditLog({ entriesMax: 3 });
    const kept = (): readonly string[] => log.entries().map(({ sequence, bytes }) => `${sequence}:${bytes}`);
    expect(kept()).toEqual([]);
    for (let bytes = 1; bytes <= 3; bytes++) log.record({ ...use, bytes });
    expect(kept()).toEqual(["1:1", "2:2", "3:3"]);
    log.record({ ...use, bytes: 4 });
    expect(kept()).toEqual(["2:2", "3:3", "4:4"]);
    for (let bytes = 5; bytes <= 9; bytes++) log.record({ ...use, bytes });
    expect(kept()).toEqual(["7:7", "8:8", "9:9"]);
  });

  it("has a size from one to its limit", () => {
    expect(makeAuditLog({ entriesMax: 1 }).entries()).toEqual([]);
    expect(makeAuditLog({ entriesMax: AUDIT_ENTRIES_MAX }).entries()).toEqual([]);
    for (const entriesMax of [0, AUDIT_ENTRIES_MAX + 1, 1.5]) {
      expect(() => makeAuditLog({ entriesMax })).toThrow("entriesMax: expected an integer");
    }
  });

  it("tells the time if it has a clock", () => {
    const log = makeAuditLog({ clock: makeManualClock({ realtime: 1_500_000_000n }) });
    log.record(use);
    expect(log.entries()).toEqual([{ ...use, sequence: 1, time: 1500 }]);
  });

  it("tells listeners, whatever they do", () => {
    const log = makeAuditLog();
    const heard: AuditEntry[] = [];
    log.subscribe(() => {
      throw new Error("a listener's own trouble");
    });
    const stop = log.subscribe((entry) => heard.push(entry));
    log.record(use);
    stop();
    stop();
    log.record(use);
    expect(heard.map(({ sequence }) => sequence)).toEqual([1]);
    for (let count = 1; count < AUDIT_LISTENERS_MAX; count++) log.subscribe(() => {});
    expect(() => log.subscribe(() => {})).toThrow(`at most ${AUDIT_LISTENERS_MAX} listeners`);
  });

  it("cuts texts at their limit", () => {
    const log = makeAuditLog();
    log.record({ ...use, reason: "a".repeat(AUDIT_TEXT_LENGTH_MAX) });
    log.record({ ...use, reason: "a".repeat(AUDIT_TEXT_LENGTH_MAX + 1) });
    const [at, past] = log.entries();
    expect(at?.reason).toBe("a".repeat(AUDIT_TEXT_LENGTH_MAX));
    expect(past?.reason).toBe(`${"a".repeat(AUDIT_TEXT_LENGTH_MAX - 1)}…`);
  });
});

describe("its lines", () => {
  it("read back as they were, whatever the texts are", () => {
    fc.assert(
      fc.property(fc.array(records), (uses) => {
        const log = makeAuditLog({ clock: makeManualClock() });
        for (const record of uses) log.record(record);
        expect(parseAuditLines(log.toJsonLines())).toEqual(log.entries());
        for (const entry of log.entries()) {
          expect(auditEntryToJson(entry).length).toBeLessThanOrEqual(AUDIT_LINE_LENGTH_MAX);
          expect(describeAuditEntry(entry)).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
        }
      }),
      { verbose: 1 },
    );
  });

  it("are refused with their number where they are none", () => {
    const good = auditEntryToJson({ ...use, sequence: 1 });
    const bad = [
      "{",
      "null",
      "[]",
      "{}",
      good.replace('"bytes":5', '"bytes":-1'),
      good.replace("allowed", "maybe"),
      good.replace("read", "r".repeat(AUDIT_TEXT_LENGTH_MAX + 1)),
      `${good.trim()}${" ".repeat(AUDIT_LINE_LENGTH_MAX)}`,
    ];
    expect(parseAuditLines(`${good}\n${good}`)).toHaveLength(2);
    for (const line of bad) {
      expect(() => parseAuditLines(`${good}${line}\n`)).toThrow("line 2 is no entry");
    }
  });

  it("are readable for people", () => {
    const entry: AuditEntry = {
      sequence: 7,
      time: 0,
      process: "app",
      package: "left-pad",
      power: "http",
      method: "get",
      bytes: 20,
      gas: 5000,
      decision: "denied",
      reason: "http.get: not-granted: the origin https://evil.example",
    };
    expect(describeAuditEntry(entry, (ms) => new Date(ms).toISOString())).toBe(
      "7 1970-01-01T00:00:00.000Z denied app/left-pad http.get (20 bytes, gas 5000): http.get: not-granted: the origin https://evil.example",
    );
    expect(describeAuditEntry({ ...use, sequence: 1, method: "\u001b[2J" })).toBe(
      "1 allowed directory.\\u{1b}[2J (5 bytes)",
    );
  });
});
