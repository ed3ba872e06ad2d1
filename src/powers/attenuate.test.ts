import { describe, expect, it } from "vitest";
import type { Capability } from "../kernel/index.ts";
import { callCapability, isCapability, M, makeCapability } from "../passable/index.ts";
import {
  capabilityOf,
  type DirectoryPower,
  facet,
  HANDED_OUT_DEPTH_MAX,
  logged,
  makeAuditLog,
  makeDirectoryPower,
  makeManualClock,
  makeMemoryDirectory,
  makePower,
  metered,
  powerErrorCode,
  powerOf,
  rateLimited,
  readOnly,
  revocable,
} from "./index.ts";

const makeFolder = (): DirectoryPower => makeDirectoryPower(makeMemoryDirectory({ files: { "sub/deep/a.txt": "a" } }));

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    return powerErrorCode(error);
  }
  return "none";
}

/** Hands out, and takes, all sorts of things that can be used. */
const boxGuard = M.interface("box", {
  open: M.call().returns(M.any()).reads(),
  ask: M.call(M.callable()).returns(M.any()),
  isSame: M.call(M.any()).returns(M.boolean()),
  later: M.callWhen().returns(M.any()),
});

function makeBox(inside: unknown, wait: Promise<unknown> = Promise.resolve()) {
  return makePower("box", boxGuard, {
    open: () => inside,
    ask: (callback) => Reflect.apply(callback as () => unknown, undefined, [inside]),
    isSame: (value) => value === inside,
    later: async () => {
      await wait;
      return inside;
    },
  });
}

describe("what a power hands out", () => {
  it("is revoked with it, to any depth", () => {
    const { power, revoke } = revocable(makeFolder());
    const sub = power.subdirectory("sub");
    const deep = sub.subdirectory("deep");
    expect(deep.readText("a.txt")).toBe("a");
    revoke();
    for (const folder of [power, sub, deep]) expect(codeOf(() => folder.exists("a.txt"))).toBe("revoked");
  });

  it("is as weak as it", () => {
    expect(codeOf(() => readOnly(makeFolder()).subdirectory("sub").write("b", "b"))).toBe("read-only");
    const reader = facet(makeFolder(), ["subdirectory", "readText"]).subdirectory("sub").subdirectory("deep");
    expect(reader.readText("a.txt")).toBe("a");
    expect(codeOf(() => reader.write("a.txt", "b"))).toBe("not-granted");
    expect(Object.keys(powerOf(reader)?.guard.methods ?? {})).toEqual(["readText", "subdirectory"]);
  });

  it("shares its limit, its log and its meter", () => {
    const clock = makeManualClock();
    const { power, reading } = metered(makeFolder());
    const methods: string[] = [];
    const watched = logged(rateLimited(power, { calls: 3, perMs: 1, clock }), {
      log: (report) => methods.push(`${report.method} ${report.decision}`),
    });
    const deep = watched.subdirectory("sub").subdirectory("deep");
    deep.exists("a.txt");
    expect(codeOf(() => deep.exists("a.txt"))).toBe("rate-limited");
    expect(methods).toEqual(["subdirectory allowed", "subdirectory allowed", "exists allowed", "exists denied"]);
    expect(reading().calls).toBe(3);
  });

  it("may be a function, in a list or an object, now or later", async () => {
    const secret = () => "secret";
    const { power, revoke } = revocable(makeBox({ list: [secret] }));
    const now = power.open() as { list: [() => string] };
    const later = (await power.later()) as typeof now;
    let called: typeof now | undefined;
    power.ask((given: typeof now) => {
      called = given;
    });
    expect([now.list[0](), later.list[0](), called?.list[0]()]).toEqual(["secret", "secret", "secret"]);
    revoke();
    for (const held of [now, later, called]) expect(codeOf(() => held?.list[0]())).toBe("revoked");
  });

  it("may be a capability", async () => {
    const inner = makeCapability({ read: () => "secret" });
    const { power, revoke } = revocable(makeBox(inner));
    const held = power.open();
    if (!isCapability(held)) throw new Error("expected a capability");
    expect(await callCapability(held, "read")).toBe("secret");
    revoke();
    await expect(async () => callCapability(held, "read")).rejects.toThrow("box.open(): revoked");
  });

  it("is itself when it goes back in, and the same when it comes out again", () => {
    for (const inside of [() => {}, makeFolder(), makeCapability({})]) {
      const { power } = revocable(readOnlyBut(makeBox(inside)));
      const held = power.open();
      expect(held).not.toBe(inside);
      expect(power.open()).toBe(held);
      expect(power.isSame(held)).toBe(true);
      expect(power.isSame(() => {})).toBe(false);
    }
  });

  it("does not come any more when the power is revoked meanwhile", async () => {
    const gate = Promise.withResolvers<void>();
    const { power, revoke } = revocable(makeBox("data", gate.promise));
    const answer = power.later();
    revoke();
    gate.resolve();
    await expect(answer).rejects.toThrow("box.later: revoked");
  });

  it("is refused by a promise where the method gives one", async () => {
    const { power, revoke } = revocable(makeBox("data"));
    revoke();
    const answer = power.later();
    await expect(answer).rejects.toThrow("box.later: revoked");
  });

  it("has a deepest level", () => {
    const nest = (depth: number): unknown => (depth === 0 ? [] : [nest(depth - 1)]);
    const open = (depth: number) => codeOf(() => revocable(makeBox(nest(depth))).power.open());
    expect(open(HANDED_OUT_DEPTH_MAX)).toBe("none");
    expect(open(HANDED_OUT_DEPTH_MAX + 1)).toBe("denied");
    const circle: unknown[] = [];
    circle.push(circle);
    expect(codeOf(() => revocable(makeBox(circle)).power.open())).toBe("denied");
  });
});

/** Two borders, one around the other. */
function readOnlyBut<P extends object>(power: P): P {
  return logged(power, { log: () => {} });
}

describe("callbacks", () => {
  it("end with the power", () => {
    let callback: (() => unknown) | undefined;
    const watch = M.interface("watch", { on: M.call(M.callable()) });
    const heard: string[] = [];
    const { power, revoke } = revocable(
      makePower("watch", watch, {
        on: (given) => {
          callback = given as () => unknown;
          return undefined;
        },
      }),
    );
    power.on(() => heard.push("called"));
    callback?.();
    revoke();
    expect(codeOf(() => callback?.())).toBe("revoked");
    expect(heard).toEqual(["called"]);
  });
});

describe("for guests", () => {
  it("becomes a capability that is recorded as well", async () => {
    const audit = makeAuditLog();
    const folder = capabilityOf(makeFolder(), { audit, process: "p" });
    const sub = (await callCapability(folder, "subdirectory", "sub")) as Capability;
    expect(await callCapability(sub, "exists", "deep/a.txt")).toBe(true);
    await expect(callCapability(sub, "exists", "../..")).rejects.toThrow("directory.exists: outside");
    await expect(callCapability(sub, "read", 7)).rejects.toThrow(
      "directory.read: argument 1 (path): expected a string, got a number",
    );
    await expect(callCapability(sub, "read", "nothing")).rejects.toThrow("directory.read: not-found");
    expect(audit.entries().map(({ method, decision }) => `${method} ${decision}`)).toEqual([
      "subdirectory allowed",
      "exists allowed",
      "exists denied",
      "read denied",
      "read failed",
    ]);
  });

  it("stays the same capability", async () => {
    const inner = makeFolder();
    const box = capabilityOf(makeBox({ a: inner, b: [inner], f: () => [inner] }));
    const opened = (await callCapability(box, "open")) as { a: Capability; b: [Capability]; f: Capability };
    expect(opened.a).toBe(opened.b[0]);
    expect(await callCapability(opened.f, null)).toEqual([opened.a]);
  });

  it("keeps its locator", () => {
    expect(capabilityOf(makeFolder(), { locator: { name: "f" } }).locator).toEqual({ name: "f" });
    expect(capabilityOf(makeFolder()).locator).toBeUndefined();
  });
});
