/**
 * What survives a freeze, and what does not; and that a forged state is refused or harmless.
 */
import * as dagCbor from "@ipld/dag-cbor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RESULT, WasiCaller } from "../../../test/support/wasi-caller.ts";
import { makeBytesInput, makeMemoryDirectory, makeQueueInput } from "../../powers/index.ts";
import { ERRNO } from "./errno.ts";
import { hashText } from "./folders.ts";
import { makeWasi, SavedStateError, STANDING_EPOCH } from "./index.ts";

function names(caller: WasiCaller, fd: number, cookie: bigint, size = 4096): { names: string[]; next: bigint } {
  expect(caller.call("fd_readdir", fd, 1024, size, cookie, RESULT)).toBe(0);
  const found: string[] = [];
  let next = cookie;
  for (let at = 1024; at + 24 <= 1024 + caller.result(); ) {
    const length = caller.view.getUint32(at + 16, true);
    if (at + 24 + length > 1024 + caller.result()) break;
    found.push(new TextDecoder().decode(caller.memory.slice(at + 24, at + 24 + length)));
    next = caller.result64(at);
    at += 24 + length;
  }
  return { names: found, next };
}

describe("open files across a freeze", () => {
  it("go on at their offset, with their flags", () => {
    const caller = new WasiCaller({ directories: { "/": makeMemoryDirectory({ files: { f: "0123456789" } }) } });
    const fd = caller.open("f");
    const log = caller.open("log", { oflags: 1, fdflags: 1 });
    expect(caller.read(fd, 4)).toBe("0123");
    expect(caller.write(log, "a")).toBe(1);
    caller.thaw();
    expect(caller.read(fd, 4)).toBe("4567");
    caller.call("fd_seek", log, 0n, 0, RESULT);
    expect(caller.write(log, "b")).toBe(1);
    caller.call("fd_seek", log, 0n, 0, RESULT);
    expect(caller.read(log)).toBe("ab");
  });

  it("are ESTALE when the folder was not given again, and the program goes on", () => {
    const caller = new WasiCaller({ directories: { "/": makeMemoryDirectory({ files: { f: "x" } }) } });
    const fd = caller.open("f");
    caller.thaw({});
    expect(caller.read(fd)).toBe(ERRNO.STALE);
    expect(caller.call("fd_filestat_get", fd, RESULT)).toBe(ERRNO.STALE);
    expect(caller.open("f")).toBe(-ERRNO.STALE);
    expect(caller.call("fd_readdir", 3, RESULT, 10, 0n, RESULT)).toBe(ERRNO.STALE);
    expect(caller.call("fd_prestat_get", 3, RESULT)).toBe(0);
    expect(caller.call("fd_close", fd)).toBe(0);
    expect(caller.call("fd_close", 3)).toBe(0);
  });

  it("are ESTALE when the file is not there any more, and good again when it is", () => {
    const directory = makeMemoryDirectory({ files: { "d/f": "x" } });
    const caller = new WasiCaller({ directories: { "/": directory } });
    const fd = caller.open("d/f");
    caller.thaw({ directories: { "/": makeMemoryDirectory() } });
    expect(caller.read(fd)).toBe(ERRNO.STALE);
    expect(caller.write(fd, "x")).toBe(-ERRNO.STALE);
    expect(caller.call("fd_filestat_set_size", fd, 0n)).toBe(ERRNO.STALE);
    caller.thaw({ directories: { "/": directory } });
    expect(caller.read(fd)).toBe("x");
  });

  it("keep their content when this process unlinks them, also in the image", () => {
    const directory = makeMemoryDirectory({ files: { f: "content" } });
    const caller = new WasiCaller({ directories: { "/": directory } });
    const [one, two] = [caller.open("f"), caller.open("f")];
    expect(caller.call("path_unlink_file", 3, ...caller.text("f"))).toBe(0);
    expect(directory.list("")).toEqual([]);
    caller.thaw({ directories: { "/": makeMemoryDirectory() } });
    expect(caller.read(one, 3)).toBe("con");
    caller.call("fd_seek", two, 0n, 2, RESULT);
    expect(caller.write(two, "!")).toBe(1);
    expect(caller.read(one)).toBe("tent!");
    expect(caller.call("fd_filestat_get", one, RESULT)).toBe(0);
    expect(caller.result64(RESULT + 24)).toBe(0n);
    expect(caller.wasi.save()).toMatchObject({ orphans: { nodes: [{ id: 0 }, { id: 1 }] } });
    caller.call("fd_close", one);
    caller.call("fd_renumber", 0, two);
    expect(caller.wasi.save()).toMatchObject({ orphans: null });
  });

  it("are not unlinked when they hold more than a process may keep", () => {
    const directory = makeMemoryDirectory({ bytesMax: 100 << 20, files: { f: "" } });
    const caller = new WasiCaller({ directories: { "/": directory } });
    const fd = caller.open("f");
    directory.update("f", { size: (64 << 20) + 1 });
    expect(caller.call("path_unlink_file", 3, ...caller.text("f"))).toBe(ERRNO.BUSY);
    directory.update("f", { size: 64 << 20 });
    expect(caller.call("path_unlink_file", 3, ...caller.text("f"))).toBe(0);
    expect(caller.call("fd_filestat_get", fd, RESULT)).toBe(0);
    expect(caller.result64(RESULT + 32)).toBe(64n << 20n);
    // A second one does not fit beside it.
    directory.create("g", { type: "file" });
    const other = caller.open("g");
    expect(caller.write(other, "x")).toBe(1);
    expect(caller.call("path_unlink_file", 3, ...caller.text("g"))).toBe(ERRNO.BUSY);
    expect(directory.list("").map((entry) => entry.name)).toEqual(["g"]);
  });

  it("follow renames by this process, and survive being renamed over", () => {
    const caller = new WasiCaller({ directories: { "/": makeMemoryDirectory({ files: { "a/f": "f", "a/g": "g" } }) } });
    const [f, g, a] = [caller.open("a/f"), caller.open("a/g"), caller.open("a", { oflags: 2, rights: 1 << 13 })];
    expect(caller.call("path_rename", 3, ...caller.text("a"), 3, ...caller.text("b"))).toBe(0);
    expect(caller.call("path_rename", 3, ...caller.text("b/f"), 3, ...caller.text("b/g"))).toBe(0);
    caller.thaw();
    expect([caller.read(f), caller.read(g)]).toEqual(["f", "g"]);
    expect(caller.open("g", { fd: a, rights: 0 })).toBeGreaterThan(0);
    expect(caller.call("path_rename", 3, ...caller.text("b/g"), 3, ...caller.text("b/g"))).toBe(0);
    expect(caller.read(f)).toBe("");
  });

  it("of removed folders are stale, also when a new one takes the name", () => {
    const caller = new WasiCaller({
      directories: { "/": makeMemoryDirectory({ files: { "d/": "", "e/": "", "e2/": "" } }) },
    });
    const rights = (1 << 13) | (1 << 14);
    const [d, e] = [caller.open("d", { oflags: 2, rights }), caller.open("e", { oflags: 2, rights })];
    caller.call("path_remove_directory", 3, ...caller.text("d"));
    caller.call("path_create_directory", 3, ...caller.text("d"));
    caller.call("path_rename", 3, ...caller.text("e2"), 3, ...caller.text("e"));
    for (const fd of [d, e]) expect(caller.call("fd_readdir", fd, 1024, 100, 0n, RESULT)).toBe(ERRNO.STALE);
    expect(caller.call("fd_close", d)).toBe(0);
  });
});

describe("listing", () => {
  const files = Object.fromEntries(
    Array.from({ length: 50 }, (_, number) => [`file-${String(number).padStart(2, "0")}`, ""]),
  );

  it("in small pieces with removals and freezes in between misses nothing", () => {
    const caller = new WasiCaller({ directories: { "/": makeMemoryDirectory({ files }) } });
    const seen: string[] = [];
    let cookie = 0n;
    for (;;) {
      const part = names(caller, 3, cookie, 100);
      if (part.names.length === 0) break;
      cookie = part.next;
      for (const name of part.names) {
        seen.push(name);
        if (!name.startsWith(".")) expect(caller.call("path_unlink_file", 3, ...caller.text(name))).toBe(0);
      }
      caller.thaw();
    }
    expect(seen).toEqual([".", "..", ...Object.keys(files)]);
    expect(names(caller, 3, 0n).names).toEqual([".", ".."]);
  });

  it("cuts the last entry off where the buffer ends", () => {
    const caller = new WasiCaller({ directories: { "/": makeMemoryDirectory({ files }) } });
    for (const size of [0, 1, 24, 25, 30, 51, 52]) {
      expect(caller.call("fd_readdir", 3, 1024, size, 0n, RESULT)).toBe(0);
      expect(caller.result()).toBe(size);
    }
    expect(names(caller, 3, 51n).names).toEqual(["file-49"]);
    expect(names(caller, 3, 52n).names).toEqual([]);
    expect(names(caller, 3, (1n << 63n) + 5n - (1n << 64n)).names).toEqual([]);
  });

  it("numbers files by FNV-1a of their paths", () => {
    expect(hashText("")).toBe(0xcbf29ce484222325n);
    expect(hashText("foobar")).toBe(0x85944171f73967e8n);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        let hash = 0xcbf29ce484222325n;
        for (const byte of new TextEncoder().encode(text))
          hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
        expect(hashText(text)).toBe(hash);
      }),
    );
  });

  it("gives the same numbers for files everywhere, and different ones to different files", () => {
    const inodes = (caller: WasiCaller): bigint[] =>
      Object.keys(files).map((name) => {
        expect(caller.call("path_filestat_get", 3, 0, ...caller.text(name), RESULT)).toBe(0);
        return caller.result64(RESULT + 8);
      });
    const [one, two] = [1, 2].map(() => new WasiCaller({ directories: { "/": makeMemoryDirectory({ files }) } }));
    expect(inodes(one!)).toEqual(inodes(two!));
    expect(new Set(inodes(one!)).size).toBe(50);
  });
});

describe("time and randomness without powers", () => {
  const time = (caller: WasiCaller, id: number): bigint => {
    expect(caller.call("clock_time_get", id, 0n, RESULT)).toBe(0);
    return caller.result64();
  };

  it("time is gas from the year 2000 on, and what was slept", () => {
    const caller = new WasiCaller();
    expect(time(caller, 0)).toBe(STANDING_EPOCH);
    caller.gasUsed = 1234;
    expect([time(caller, 0), time(caller, 1), time(caller, 2), time(caller, 3)]).toEqual([
      STANDING_EPOCH + 1234n,
      1234n,
      1234n,
      1234n,
    ]);
    // An hour by the monotonic clock.
    caller.view.setBigUint64(24, 3_600_000_000_000n, true);
    caller.view.setUint32(16, 1, true);
    expect(caller.call("poll_oneoff", 0, 256, 1, RESULT)).toBe(0);
    caller.gasUsed = 2000;
    caller.thaw();
    expect([time(caller, 1), time(caller, 2)]).toEqual([3_600_000_002_000n, 2000n]);
  });

  it("randomness goes on where it was", () => {
    const [one, two] = [new WasiCaller(), new WasiCaller()];
    for (const caller of [one, two]) caller.call("random_get", 0, 100);
    two.thaw();
    for (const caller of [one, two]) expect(caller.call("random_get", 0, 100)).toBe(0);
    expect(one.memory).toEqual(two.memory);
    expect(one.memory.slice(0, 100)).not.toEqual(new Uint8Array(100));
  });
});

describe("gas", () => {
  it("is what docs/spec/wasi.md says, for a call at a time", () => {
    const caller = new WasiCaller({
      args: ["program"],
      directories: { "/": makeMemoryDirectory({ files: { f: "0123456789", "d/": "" } }) },
    });
    const cost = (work: () => unknown): number => {
      const before = caller.charged;
      work();
      return caller.charged - before;
    };
    expect(cost(() => caller.call("clock_time_get", 0, 0n, RESULT))).toBe(0);
    expect(cost(() => caller.call("args_get", RESULT, RESULT + 100))).toBe(1);
    expect(cost(() => caller.call("random_get", 0, 800))).toBe(100);
    expect(cost(() => caller.write(1, "sixteen letters!"))).toBe(200 + 2);
    // The path as a whole.
    expect(cost(() => caller.open("f", { rights: 1 << 1 }))).toBe(1000 + 200);
    // The path as a whole, its one name, and making the file.
    expect(cost(() => caller.open("new", { oflags: 1 }))).toBe(1000 + 3 * 200);
    // Two names, and the folder at the end.
    expect(cost(() => caller.open("d/../d/..", { rights: 0 }))).toBe(1000 + 3 * 200);
    expect(cost(() => caller.open("no", { rights: 0 }))).toBe(1000 + 2 * 200);
    expect(cost(() => caller.read(4))).toBe(200 + 200 + 1);
    // Three names listed, five entries looked up, each 24 bytes and its name.
    expect(cost(() => names(caller, 3, 0n))).toBe(1000 + 200 + 3 * 20 + 5 * 200 + Math.floor((5 * 24 + 8) / 8));
    expect(cost(() => names(caller, 3, 5n))).toBe(1000);
    // The path, what the file is, its content, and the removal.
    expect(cost(() => caller.call("path_unlink_file", 3, ...caller.text("f")))).toBe(1000 + 4 * 200 + 1);
  });
});

describe("saved state", () => {
  function makeBusy(): WasiCaller {
    const directory = makeMemoryDirectory({ files: { f: "content", g: "x" } });
    const stdin = makeBytesInput("some input");
    const caller = new WasiCaller({
      args: ["a"],
      env: { B: "c" },
      stdin,
      directories: { "/": directory },
      scratch: ["/tmp"],
    });
    caller.open("f");
    caller.open("t", { fd: 4, oflags: 1 });
    caller.call("path_unlink_file", 3, ...caller.text("f"));
    caller.call("fd_readdir", 3, 1024, 100, 0n, RESULT);
    caller.call("random_get", 0, 5);
    // A poll for input takes some of it ahead.
    caller.view.setUint8(8, 1);
    caller.call("poll_oneoff", 0, 256, 1, RESULT);
    return caller;
  }

  it("is plain data: the same after DAG-CBOR, and after saving again", () => {
    const saved = makeBusy().wasi.save();
    const decoded: unknown = dagCbor.decode(dagCbor.encode(saved));
    const again = makeWasi({ saved: decoded }).save();
    expect(dagCbor.encode(again)).toEqual(dagCbor.encode(saved));
  });

  it("carries arguments, environment, input read ahead and private folders", () => {
    const caller = makeBusy();
    const stdin = makeQueueInput();
    caller.thaw({ args: ["other"], env: {}, stdin });
    expect(caller.read(0, 100)).toBe("some input");
    caller.call("args_sizes_get", RESULT, RESULT + 4);
    expect(caller.view.getUint32(RESULT + 4, true)).toBe(2);
    expect(caller.open("t", { fd: 4 })).toBe(7);
    expect(caller.write(7, "private")).toBe(7);
    caller.thaw({});
    caller.call("fd_seek", 7, 0n, 0, RESULT);
    expect(caller.read(7)).toBe("private");
  });

  it("that nobody saved is refused, or does no harm", { timeout: 60_000 }, () => {
    const saved = makeBusy().wasi.save() as { [key: string]: unknown };
    const values = fc.oneof(
      fc.anything({ withBigInt: true, maxDepth: 3 }),
      fc.constantFrom(null, -1, 2 ** 53, 1n << 70n, "../..", "\0orphans", [], {}, new Uint8Array(5000)),
    );
    const mutate = (value: unknown, at: readonly number[], replacement: unknown): unknown => {
      const [index, ...rest] = at;
      if (index === undefined || typeof value !== "object" || value === null || value instanceof Uint8Array)
        return replacement;
      const keys = Object.keys(value);
      if (keys.length === 0) return replacement;
      const key = keys[index % keys.length]!;
      const copy: { [key: string]: unknown } | unknown[] = Array.isArray(value) ? [...value] : { ...value };
      (copy as { [key: string]: unknown })[key] = mutate((value as { [key: string]: unknown })[key], rest, replacement);
      return copy;
    };
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }), values, (at, replacement) => {
        const forged = mutate(saved, at, replacement);
        let caller: WasiCaller;
        try {
          caller = new WasiCaller({ saved: forged, directories: { "/": makeMemoryDirectory({ files: { g: "x" } }) } });
        } catch (error) {
          expect(error).toBeInstanceOf(SavedStateError);
          return;
        }
        for (let fd = 0; fd < 8; fd++) {
          caller.read(fd);
          caller.call("fd_filestat_get", fd, RESULT);
          caller.call("fd_readdir", fd, 1024, 1000, 0n, RESULT);
          caller.open("../../etc/passwd", { fd });
        }
        caller.wasi.save();
      }),
      { numRuns: 1000 },
    );
  });

  it("cannot name a file that the folder would not give", () => {
    const saved = makeBusy().wasi.save() as { descriptors: [number, { [key: string]: unknown }][] };
    for (const path of ["../secret", "/etc/passwd", "a/../../b", "", "."]) {
      const descriptors = saved.descriptors.map(([fd, descriptor]) => [
        fd,
        descriptor.kind === "file" ? { ...descriptor, path } : descriptor,
      ]);
      const make = (): unknown => makeWasi({ saved: { ...saved, descriptors } });
      if (path === "") expect(make).not.toThrow();
      else expect(make, path).toThrow(SavedStateError);
    }
  });

  it("gives a descriptor no right that its kind cannot have", () => {
    const saved = makeBusy().wasi.save() as { descriptors: [number, { [key: string]: unknown }][] };
    const descriptors = [
      ...saved.descriptors,
      [9, { kind: "stream", stream: "stdin", rights: 2 ** 30 - 1, inheriting: 0, flags: 0 }],
    ];
    const forged = new WasiCaller({ saved: { ...saved, descriptors } });
    expect(forged.call("fd_write", 9, ...forged.iovec("x"), RESULT)).toBe(ERRNO.NOTCAPABLE);
  });
});
