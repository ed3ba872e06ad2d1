/**
 * Powers in the hands of a real guest: what it gets, what it is refused, and what the log says of it.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import {
  type AuditLog,
  capabilityOf,
  describeAuditEntry,
  makeAuditLog,
  makeDirectoryPower,
  makeHttpPower,
  makeLibraryPower,
  makeMemoryDirectory,
  makeMemoryStore,
  makeStorePower,
  readOnly,
  revocable,
} from "../../src/powers/index.ts";
import { failureOf, makeTestHost } from "../support/javascript.ts";

const host = makeTestHost();

/** A guest that holds one power under the name "it", as `power`. */
async function spawnWith(power: object): Promise<{ js: ReturnType<typeof host.spawn>; audit: AuditLog }> {
  const audit = makeAuditLog();
  const meter = { read: (): number => 0 };
  const js = host.spawn({
    endowments: { it: capabilityOf(power, { audit, process: "guest", gas: () => meter.read() }) },
  });
  meter.read = () => js.process.meter.gasUsed;
  await js.evaluate("globalThis.power = caper.power('it')");
  return { js, audit };
}

const files = { "notes/a.txt": "hello", "secret.txt": "s" };

describe("a guest with a power", () => {
  it("uses it in place, deep in its stack", async () => {
    const { js, audit } = await spawnWith(makeDirectoryPower(makeMemoryDirectory({ files })));
    expect(
      await js.evaluate(`
        const all = (path) => power.list(path).map(({ name, type }) =>
          type === "directory" ? all(path + "/" + name) : name + ":" + power.stat(path + "/" + name).size).flat();
        power.write("b.txt", new Uint8Array([104, 105]));
        all('/').join()`),
    ).toBe("b.txt:2,a.txt:5,secret.txt:1");
    const gas = audit.entries().map((entry) => entry.gas ?? 0);
    expect(gas.length).toBeGreaterThan(4);
    expect(gas.every((value, at) => value > 0 && (at === 0 || value >= (gas[at - 1] ?? 0)))).toBe(true);
  });

  it("gets errors that say what was wrong, and goes on", async () => {
    const { js, audit } = await spawnWith(readOnly(makeDirectoryPower(makeMemoryDirectory({ files }))));
    const attempt = (code: string) => js.evaluate(`try { ${code} } catch (error) { error.name + " " + error.message }`);
    expect(await attempt("power.read(7)")).toBe(
      "TypeError directory.read: argument 1 (path): expected a string, got a number",
    );
    expect(await attempt("power.write('a', 'b')")).toBe(
      "PowerError directory.write: read-only: the power is read-only",
    );
    expect(await attempt("power.read('../x')")).toContain("PowerError directory.read: outside");
    expect(await attempt("power.format()")).toContain('BrokenError no method "format"');
    expect(await attempt("power.subdirectory('notes').readText('a.txt')")).toBe("hello");
    expect(await attempt("power.subdirectory('notes').remove('a.txt')")).toContain("read-only");
    expect(
      audit.entries().map(
        (entry) =>
          describeAuditEntry(entry)
            .replace(/, gas \d+/, "")
            .split(":")[0],
      ),
    ).toEqual([
      "1 denied guest directory.read (0 bytes)",
      "2 denied guest directory.write (2 bytes)",
      "3 denied guest directory.read (4 bytes)",
      "4 denied guest directory.format (0 bytes)",
      "5 allowed guest directory.subdirectory (5 bytes)",
      "6 allowed guest directory.readText (10 bytes)",
      "7 allowed guest directory.subdirectory (5 bytes)",
      "8 denied guest directory.remove (5 bytes)",
    ]);
  });

  it("loses it with everything that came out of it, while it runs", async () => {
    const { power, revoke } = revocable(makeDirectoryPower(makeMemoryDirectory({ files })));
    const { js } = await spawnWith(power);
    await js.evaluate("globalThis.notes = power.subdirectory('notes')");
    expect(await js.evaluate("notes.readText('a.txt')")).toBe("hello");
    revoke();
    for (const code of ["notes.readText('a.txt')", "power.list('/')"]) {
      expect((await failureOf(js.evaluate(code))).message).toContain("revoked");
    }
    expect(await js.evaluate("1 + 1")).toBe(2);
  });

  it("waits for answers that take time", async () => {
    const http = makeHttpPower(async () => new Response("hello"), { origins: ["https://a.example"] });
    const { js, audit } = await spawnWith(http);
    expect(await js.evaluate("power.get('https://a.example/').body.length")).toBe(5);
    const failure = await failureOf(js.evaluate("power.get('https://evil.example/?' + 'k'.repeat(10))"));
    expect(failure.message).toBe("http.get: not-granted: the origin https://evil.example");
    expect(audit.entries().map(({ decision }) => decision)).toEqual(["allowed", "denied"]);
  });

  it("can pass it on, and use what is not data", async () => {
    const store = makeStorePower(makeMemoryStore());
    const { js } = await spawnWith(store);
    expect(
      await js.evaluate(`
        const child = caper.spawn("function put(v) { store.set('k', v); return store.get('k') }",
          { gas: 1e9, memoryBytes: 32e6, powers: { store: power } });
        child.call("put", 7n)`),
    ).toBe(7n);
    expect(store.get("k")).toBe(7n);
    const library = makeLibraryPower("list", {
      map: async (items: readonly unknown[], each: (item: unknown) => Promise<unknown>) => {
        const mapped = [];
        for (const item of items) mapped.push(await each(item));
        return mapped;
      },
      adder: (step: number) => (value: number) => value + step,
    });
    const { js: other } = await spawnWith(library);
    expect(await other.evaluate("power.adder(5)(6)")).toBe(11);
    expect(await other.evaluate("E(power).map([1, 2], (x) => x * 2)")).toEqual([2, 4]);
  });
});
