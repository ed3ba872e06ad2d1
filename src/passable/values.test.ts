import { afterEach, describe, expect, it } from "vitest";
import { GuestError } from "./index.ts";

const BEFORE = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit") as PropertyDescriptor;

const makeError = (message = "m"): GuestError => new GuestError({ name: "E", message, stack: "" });

describe("errors of a guest", () => {
  afterEach(() => {
    Object.defineProperty(Error, "stackTraceLimit", BEFORE);
  });

  it("are made without a walk through this side's stack, and those that follow have theirs", () => {
    Error.stackTraceLimit = 7;
    let during: unknown;
    const spy = {
      toString() {
        during ??= Error.stackTraceLimit;
        return "m";
      },
    } as unknown as string;
    expect(makeError(spy)).toMatchObject({ message: "m", stack: "E: m" });
    expect(during).toBe(0);
    expect(Error.stackTraceLimit).toBe(7);
    expect(new Error("x").stack).toContain("values.test");
    // Also if the making fails.
    expect(() => makeError(Symbol("no text") as unknown as string)).toThrow(TypeError);
    expect(Error.stackTraceLimit).toBe(7);
  });

  it("are the same where that limit cannot be written, or is not there", () => {
    Object.defineProperty(Error, "stackTraceLimit", { value: 10, writable: false, configurable: true });
    expect(makeError()).toMatchObject({ name: "E", message: "m", stack: "E: m" });
    expect(Error.stackTraceLimit).toBe(10);
    Reflect.deleteProperty(Error, "stackTraceLimit");
    expect(makeError()).toMatchObject({ name: "E", message: "m", stack: "E: m" });
    expect(Object.hasOwn(Error, "stackTraceLimit")).toBe(false);
    // An accessor without effect, as SES has in its compartments.
    Object.defineProperty(Error, "stackTraceLimit", { get: () => undefined, set() {}, configurable: true });
    expect(makeError()).toMatchObject({ name: "E", message: "m", stack: "E: m" });
  });
});
