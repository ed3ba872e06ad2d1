/**
 * What every power must do, and every combinator on it: each power's test calls `testPower` with a maker of one.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import type { Capability } from "../kernel/index.ts";
import { callCapability } from "../passable/index.ts";
import {
  capabilityOf,
  expiring,
  facet,
  isDenial,
  logged,
  makeAuditLog,
  makeManualClock,
  metered,
  powerErrorCode,
  powerOf,
  rateLimited,
  readOnly,
  revocable,
  type UseReport,
} from "./index.ts";

/** A power, and one call of each of its methods that succeeds, in an order in which all of them do. */
export interface PowerUnderTest {
  readonly power: object;
  readonly uses: readonly (readonly [method: string, ...args: unknown[]])[];
}

/** Of a method of any power, whether it answers at once or later. */
export async function call(power: object, method: string, ...args: readonly unknown[]): Promise<unknown> {
  const found: unknown = Reflect.get(power, method);
  if (typeof found !== "function") throw new Error(`no method ${method}`);
  return await Reflect.apply(found, undefined, args);
}

async function outcome(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return "done";
  } catch (error) {
    return powerErrorCode(error) ?? (error instanceof Error ? error.name : "no error");
  }
}

const useAll = async ({ power, uses }: PowerUnderTest): Promise<void> => {
  for (const [method, ...args] of uses) await call(power, method, ...args);
};

type Combinator = { readonly name: string; readonly wrap: (power: object) => object };

/** Those that let everything pass, for as long as nothing happens. */
const patient: readonly Combinator[] = [
  { name: "revocable", wrap: (power) => revocable(power).power },
  { name: "rateLimited", wrap: (power) => rateLimited(power, { calls: 1000, perMs: 1000, clock: makeManualClock() }) },
  { name: "expiring", wrap: (power) => expiring(power, { afterMs: 1000, clock: makeManualClock() }) },
  { name: "logged", wrap: (power) => logged(power, { log: () => {} }) },
  { name: "metered", wrap: (power) => metered(power).power },
  { name: "facet", wrap: (power) => facet(power, Object.keys(power) as never[]) },
];

function testGuard(make: () => PowerUnderTest): void {
  it("is tried whole", () => {
    const { power, uses } = make();
    expect([...new Set(uses.map(([method]) => method))].sort()).toEqual(Object.keys(power).sort());
  });

  it("does what its guard says", async () => {
    const tested = make();
    expect(Object.keys(tested.power)).toEqual(Object.keys(powerOf(tested.power)?.guard.methods ?? {}));
    await useAll(tested);
  });

  it("refuses arguments that are too many or of no sort", async () => {
    const { power } = make();
    for (const [method, guard] of Object.entries(powerOf(power)?.guard.methods ?? {})) {
      if (guard.others !== undefined) continue;
      const tooMany = Array(guard.required.length + guard.optionals.length + 1).fill(undefined);
      await expect(call(power, method, ...tooMany)).rejects.toMatchObject({ name: "TypeError" });
      if (guard.required.length > 0) {
        await expect(call(power, method, Symbol("no"))).rejects.toThrow(/argument 1 \(\w+\): expected/);
      }
    }
  });
}

function testDenials(make: () => PowerUnderTest): void {
  it("readOnly leaves what reads", async () => {
    const { power, uses } = make();
    const weak = readOnly(power);
    const reads = powerOf(weak)?.guard.methods ?? {};
    for (const [method, ...args] of uses) {
      const result = await outcome(() => call(weak, method, ...args));
      if (Object.hasOwn(reads, method)) expect([method, result]).not.toEqual([method, "read-only"]);
      else expect([method, result]).toEqual([method, "read-only"]);
    }
  });

  it("revocable ends all methods", async () => {
    const { power, uses } = make();
    const { power: weak, revoke } = revocable(power);
    await useAll({ power: weak, uses });
    revoke();
    for (const [method, ...args] of uses) {
      await expect(call(weak, method, ...args)).rejects.toThrow(
        `${powerOf(power)?.name}.${method}: revoked: the power was revoked`,
      );
    }
  });

  it("expiring ends all methods at its time, not before", async () => {
    const { power, uses } = make();
    const clock = makeManualClock({ realtime: 5_000_000n });
    const both = expiring(expiring(power, { afterMs: 10, clock }), { atMs: 15, clock });
    clock.advance(9_999_999n);
    await useAll({ power: both, uses });
    clock.advance(1n);
    for (const [method, ...args] of uses) {
      expect(await outcome(() => call(both, method, ...args))).toBe("expired");
    }
  });

  it("rateLimited lets its calls pass, and no more until time goes on", async () => {
    const { power, uses } = make();
    const clock = makeManualClock();
    const weak = rateLimited(power, { calls: uses.length, perMs: 10, clock });
    await useAll({ power: weak, uses });
    const [method, ...args] = uses[0] ?? [""];
    expect(await outcome(() => call(weak, method, ...args))).toBe("rate-limited");
    clock.advance(9_999_999n);
    expect(await outcome(() => call(weak, method, ...args))).toBe("rate-limited");
    clock.advance(1n);
    expect(await outcome(() => call(weak, method, ...args))).not.toBe("rate-limited");
  });

  it("facet leaves its methods", async () => {
    const { power, uses } = make();
    for (const [only, ...args] of uses) {
      const weak = facet(power, [only as never]);
      expect(Object.keys(powerOf(weak)?.guard.methods ?? {})).toEqual([only]);
      expect(await outcome(() => call(weak, only, ...args))).not.toBe("not-granted");
      for (const [other, ...rest] of uses) {
        if (other !== only) expect(await outcome(() => call(weak, other, ...rest))).toBe("not-granted");
      }
    }
    expect(() => facet(power, ["no such method" as never])).toThrow(RangeError);
  });
}

function testObservers(make: () => PowerUnderTest): void {
  it("logged and metered tell the same of each use", async () => {
    const { power, uses } = make();
    const reports: UseReport[] = [];
    const { power: counted, reading } = metered(power);
    const { power: weak, revoke } = revocable(logged(counted, { log: (report) => reports.push(report) }));
    await useAll({ power: weak, uses });
    expect(reports.map((report) => report.method)).toEqual(uses.map(([method]) => method));
    expect(new Set(reports.map((report) => report.decision))).toEqual(new Set(["allowed"]));
    const bytes = reports.reduce((sum, report) => sum + report.bytes, 0);
    expect(reading()).toEqual({ calls: uses.length, denied: 0, failed: 0, bytes });
    revoke();
    await outcome(() => call(weak, uses[0]?.[0] ?? ""));
    expect(reading().calls).toBe(uses.length);
  });

  it("is recorded as a capability, denials too", async () => {
    const { power, uses } = make();
    const audit = makeAuditLog();
    const { power: weak, revoke } = revocable(power);
    const holder = { audit, process: "p1", package: "left-pad", gas: () => 7 };
    const capability: Capability = capabilityOf(weak, holder);
    for (const [method, ...args] of uses) await callCapability(capability, method, ...args);
    revoke();
    const [method, ...args] = uses[0] ?? [""];
    await expect(callCapability(capability, method, ...args)).rejects.toThrow("revoked");
    await expect(callCapability(capability, "no such method")).rejects.toThrow("no method");
    const who = { process: "p1", package: "left-pad", gas: 7, power: powerOf(power)?.name };
    const entries = audit.entries();
    expect(entries).toHaveLength(uses.length + 2);
    for (const entry of entries) expect(entry).toMatchObject(who);
    expect(entries.slice(0, -2).map((entry) => entry.decision)).toEqual(uses.map(() => "allowed"));
    expect(entries.at(-2)).toMatchObject({ method, decision: "denied", reason: expect.stringContaining("revoked") });
    expect(entries.at(-1)).toMatchObject({ method: "no such method", decision: "denied" });
  });
}

function testOrder(make: () => PowerUnderTest): void {
  const pairs = patient.flatMap((outer) => patient.map((inner) => [outer, inner] as const));
  it.each(pairs.map(([outer, inner]) => [outer.name, inner.name, outer, inner] as const))(
    "%s of %s lets everything pass",
    async (_outer, _inner, outer, inner) => {
      const { power, uses } = make();
      const both = outer.wrap(inner.wrap(power));
      expect(powerOf(both)?.guard.methods).toEqual(powerOf(power)?.guard.methods);
      await useAll({ power: both, uses });
    },
  );

  it.each(patient.map(({ name, wrap }) => [name, wrap] as const))(
    "%s and readOnly deny in any order",
    async (_, wrap) => {
      const { power, uses } = make();
      for (const weak of [wrap(readOnly(power)), readOnly(wrap(power))]) {
        for (const [method, ...args] of uses) {
          if (powerOf(power)?.guard.methods[method]?.isRead === true) continue;
          const error = await call(weak, method, ...args).catch((thrown: unknown) => thrown);
          expect(isDenial(error) && powerErrorCode(error)).toBe("read-only");
        }
      }
    },
  );
}

export function testPower(name: string, make: () => PowerUnderTest): void {
  describe(`the power ${name}`, () => {
    testGuard(make);
    testDenials(make);
    testObservers(make);
    testOrder(make);
  });
}
