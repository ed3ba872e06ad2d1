/**
 * What a guest can do wrong, or on purpose: pointers, lengths, flags, rights, numbers, in every function.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MEMORY_BYTES, RESULT, WasiCaller } from "../../../test/support/wasi-caller.ts";
import type { HostValue } from "../../kernel/index.ts";
import { Exit, Suspend } from "../../kernel/index.ts";
import { makeCollector, makeMemoryDirectory, makeQuotaDirectory, makeReadOnlyDirectory } from "../../powers/index.ts";
import { DESCRIPTORS_MAX, IOVECS_MAX, RIGHTS, SUBSCRIPTIONS_MAX, TRANSFER_BYTES_MAX } from "./abi.ts";
import { ERRNO } from "./errno.ts";
import { makeWasi, wasiSignature } from "./index.ts";
import { SIGNATURES } from "./signatures.ts";

const ERRNO_MAX = 76;

function makeCaller(): WasiCaller {
  const directory = makeMemoryDirectory({ files: { f: "content", "d/g": "x" } });
  return new WasiCaller({ args: ["program", "a"], env: { A: "1" }, directories: { "/": directory } });
}

function expectAnswer(answer: HostValue | undefined | Suspend | Exit): void {
  if (answer instanceof Suspend || answer instanceof Exit) return;
  expect(Number.isInteger(answer) && Number(answer) >= 0 && Number(answer) <= ERRNO_MAX, String(answer)).toBe(true);
}

describe("all functions", () => {
  it("are there, and no others", () => {
    expect(Object.keys(makeWasi().functions).sort()).toEqual(Object.keys(SIGNATURES).sort());
    expect(wasiSignature("fd_seek")).toEqual({ params: [0x7f, 0x7e, 0x7f, 0x7f], results: [0x7f] });
    expect(wasiSignature("proc_exit")).toEqual({ params: [0x7f], results: [] });
    expect(wasiSignature("toString")).toBeUndefined();
  });

  it("answer a number to any arguments whatsoever, and go on working", { timeout: 120_000 }, () => {
    const i32 = fc.oneof(
      fc.constantFrom(0, 1, 2, 3, 4, 5, RESULT, MEMORY_BYTES, MEMORY_BYTES - 1, MEMORY_BYTES - 8, -1, 1 << 31, 1024),
      fc.integer(),
      fc.nat(100),
    );
    const i64 = fc.oneof(
      fc.constantFrom(0n, 1n, -1n, 1n << 62n, -(1n << 63n)),
      fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
    );
    const aCall = fc.constantFrom(...Object.keys(SIGNATURES)).chain((name) => {
      const values = [...SIGNATURES[name]!].map((kind): fc.Arbitrary<HostValue> => (kind === "i" ? i32 : i64));
      return fc.tuple(fc.constant(name), fc.tuple(...values));
    });
    fc.assert(
      fc.property(
        fc.array(aCall, { minLength: 1, maxLength: 40 }),
        fc.uint8Array({ minLength: 200, maxLength: 400 }),
        (calls, noise) => {
          const caller = makeCaller();
          caller.memory.set(noise, 0);
          caller.memory.set(noise, 1024);
          for (const [name, values] of calls) expectAnswer(caller.raw(name, ...values));
          caller.thaw();
          expectAnswer(caller.raw("fd_fdstat_get", 1, RESULT));
        },
      ),
      { numRuns: 500 },
    );
  });

  it("answer EINVAL where a module has declared other types", () => {
    for (const [name, kinds] of Object.entries(SIGNATURES)) {
      if (kinds === "") continue;
      const swapped = [...kinds].map((kind): HostValue => (kind === "i" ? 3n : 3));
      expect(makeCaller().raw(name, ...swapped), name).toBe(ERRNO.INVAL);
      expect(makeCaller().raw(name), name).toBe(ERRNO.INVAL);
    }
  });
});

describe("pointers", () => {
  const last4 = MEMORY_BYTES - 4;
  const calls: readonly (readonly [string, (caller: WasiCaller) => HostValue[]])[] = [
    ["args_sizes_get", () => [last4 + 1, RESULT]],
    ["args_sizes_get", () => [RESULT, last4 + 1]],
    ["args_get", () => [RESULT, MEMORY_BYTES - 9]],
    ["args_get", () => [last4, RESULT]],
    ["environ_get", () => [RESULT, MEMORY_BYTES]],
    ["clock_time_get", () => [0, 0n, MEMORY_BYTES - 7]],
    ["clock_res_get", () => [0, -1]],
    ["random_get", () => [RESULT, MEMORY_BYTES]],
    ["random_get", () => [-1, -1]],
    ["fd_fdstat_get", () => [1, MEMORY_BYTES - 23]],
    ["fd_filestat_get", () => [3, MEMORY_BYTES - 63]],
    ["fd_prestat_get", () => [3, MEMORY_BYTES - 7]],
    ["fd_prestat_dir_name", () => [3, MEMORY_BYTES, 1]],
    ["fd_write", (c) => [1, ...c.iovec("x"), last4 + 1]],
    ["fd_write", () => [1, MEMORY_BYTES - 7, 1, RESULT]],
    ["fd_write", () => [1, 0, IOVECS_MAX, last4 + 1]],
    ["fd_read", () => [0, -8, 1, RESULT]],
    ["fd_readdir", () => [3, RESULT, MEMORY_BYTES, 0n, RESULT]],
    ["fd_readdir", () => [3, RESULT, 10, 0n, last4 + 1]],
    ["path_open", (c) => [3, 0, ...c.text("new"), 1, 0n, 0n, 0, last4 + 1]],
    ["path_open", () => [3, 0, -1, 1, 0, 0n, 0n, 0, RESULT]],
    ["path_filestat_get", (c) => [3, 0, ...c.text("f"), MEMORY_BYTES - 63]],
    ["path_readlink", (c) => [3, ...c.text("f"), MEMORY_BYTES, 1, RESULT]],
    ["path_unlink_file", () => [3, MEMORY_BYTES, 1]],
    ["poll_oneoff", () => [MEMORY_BYTES - 47, 0, 1, RESULT]],
    ["poll_oneoff", () => [0, MEMORY_BYTES - 31, 1, RESULT]],
    ["poll_oneoff", () => [0, 0, 1, last4 + 1]],
  ];

  it("out of the memory are EFAULT, and nothing has happened", () => {
    for (const [name, values] of calls) {
      const stdout = makeCollector();
      const directory = makeMemoryDirectory({ files: { f: "content" } });
      const caller = new WasiCaller({
        args: ["program", "a"],
        env: { A: "1" },
        stdout,
        directories: { "/": directory },
      });
      const arguments_ = values(caller);
      const before = { saved: caller.wasi.save(), files: directory.save(), memory: caller.memory.slice() };
      expect(caller.call(name, ...arguments_), `${name} ${arguments_}`).toBe(ERRNO.FAULT);
      expect(caller.wasi.save()).toEqual(before.saved);
      expect(directory.save()).toEqual(before.files);
      // Not toEqual, which would look at each of the 65,536 bytes at length.
      expect(Buffer.compare(caller.memory, before.memory)).toBe(0);
      expect(stdout.text()).toBe("");
    }
  });

  it("at the very end of the memory are good", () => {
    const caller = makeCaller();
    expect(caller.call("clock_time_get", 0, 0n, MEMORY_BYTES - 8)).toBe(0);
    expect(caller.call("random_get", MEMORY_BYTES, 0)).toBe(0);
    expect(caller.call("fd_fdstat_get", 1, MEMORY_BYTES - 24)).toBe(0);
  });
});

describe("limits", () => {
  it("takes 1024 buffers and not one more", () => {
    const caller = makeCaller();
    expect(caller.call("fd_write", 1, 0, IOVECS_MAX, RESULT)).toBe(0);
    expect(caller.call("fd_write", 1, 0, IOVECS_MAX + 1, RESULT)).toBe(ERRNO.INVAL);
  });

  it("moves 16 MiB in one call, however the buffers overlap", () => {
    let written = 0;
    const stdout = {
      write(bytes: Uint8Array): number {
        written += bytes.length;
        return bytes.length;
      },
    };
    const caller = new WasiCaller({ stdout });
    for (let at = 0; at < IOVECS_MAX; at++) {
      caller.view.setUint32(at * 8, 0, true);
      caller.view.setUint32(at * 8 + 4, MEMORY_BYTES, true);
    }
    expect(caller.call("fd_write", 1, 0, IOVECS_MAX, RESULT)).toBe(0);
    expect([caller.result(), written]).toEqual([TRANSFER_BYTES_MAX, TRANSFER_BYTES_MAX]);
    expect(caller.charged).toBe(200 + TRANSFER_BYTES_MAX / 8);
  });

  it("charges for what it has looked at or put together, also where it then fails", () => {
    const full = makeQuotaDirectory(makeMemoryDirectory({ files: { f: "content" } }), { bytesMax: 8 });
    const caller = new WasiCaller({ directories: { "/": full } });
    expect(caller.open("f")).toBe(4);
    const charge = (name: string, ...args: number[]): [number, number] => {
      const before = caller.charged;
      return [Number(caller.call(name, ...args)), caller.charged - before];
    };
    caller.memory.fill(0);
    for (const at of [0, 8]) caller.view.setUint32(at + 4, 8000, true);
    // A write of two buffers is the call, one operation, and the bytes.
    expect(charge("fd_write", 4, 0, 2, RESULT)).toEqual([ERRNO.NOSPC, 200 + 200 + 16_000 / 8]);
    caller.memory.fill(0);
    caller.view.setUint8(99 * 48 + 8, 3);
    expect(charge("poll_oneoff", 0, 0, 100, RESULT)).toEqual([ERRNO.INVAL, (100 * 48) / 8]);
  });

  it("opens 4096 files and not one more", () => {
    const caller = makeCaller();
    for (let fd = 4; fd < DESCRIPTORS_MAX; fd++) expect(caller.open("f")).toBe(fd);
    expect(caller.open("f")).toBe(-ERRNO.MFILE);
    expect(caller.call("fd_close", 100)).toBe(0);
    expect(caller.open("f")).toBe(100);
    caller.thaw();
    expect(caller.read(4095)).toBe("content");
  });

  it("takes 1024 subscriptions, not one more, and not none", () => {
    const caller = makeCaller();
    const clocks = new WasiCaller();
    expect(caller.call("poll_oneoff", 0, 0, 0, RESULT)).toBe(ERRNO.INVAL);
    expect(caller.call("poll_oneoff", 0, 0, SUBSCRIPTIONS_MAX + 1, RESULT)).toBe(ERRNO.INVAL);
    expect(clocks.call("poll_oneoff", 0, 0, SUBSCRIPTIONS_MAX, RESULT)).toBe(0);
    expect(clocks.result()).toBe(SUBSCRIPTIONS_MAX);
  });

  it("takes paths of 4096 bytes and says which are too long", () => {
    const caller = makeCaller();
    const long = `${"./".repeat(2047)}f`;
    expect(caller.open(long)).toBe(4);
    expect(caller.open(`./${long}`)).toBe(-ERRNO.NAMETOOLONG);
    expect(caller.open("x".repeat(256), { oflags: 1 })).toBe(-ERRNO.NAMETOOLONG);
  });

  it("asks for no memory that a length pretends", () => {
    const caller = makeCaller();
    const fd = caller.open("f");
    expect(caller.call("fd_filestat_set_size", fd, 1n << 50n)).toBe(ERRNO.NOSPC);
    expect(caller.call("fd_filestat_set_size", fd, -1n)).toBe(ERRNO.FBIG);
    expect(caller.call("fd_allocate", fd, (1n << 53n) - 1n, 1n)).toBe(ERRNO.FBIG);
    expect(caller.call("fd_allocate", fd, 1n << 40n, 1n)).toBe(ERRNO.NOSPC);
    expect(caller.call("fd_pwrite", fd, ...caller.iovec("x"), (1n << 53n) - 1n, RESULT)).toBe(ERRNO.FBIG);
    expect(caller.call("fd_pread", fd, ...caller.iovec(10), (1n << 53n) - 1n, RESULT)).toBe(0);
    expect(caller.call("fd_seek", fd, (1n << 53n) - 1n, 0, RESULT)).toBe(0);
    expect(caller.call("fd_seek", fd, 1n, 1, RESULT)).toBe(ERRNO.OVERFLOW);
    expect(caller.read(fd)).toBe("");
  });
});

describe("descriptors", () => {
  it("take the lowest free number", () => {
    const caller = makeCaller();
    expect([caller.open("f"), caller.open("f"), caller.open("f")]).toEqual([4, 5, 6]);
    caller.call("fd_close", 5);
    caller.call("fd_close", 0);
    expect([caller.open("f"), caller.open("f"), caller.open("f")]).toEqual([0, 5, 7]);
  });

  it("know their kind: streams cannot seek, folders cannot be read", () => {
    const caller = makeCaller();
    expect(caller.call("fd_seek", 0, 0n, 1, RESULT)).toBe(ERRNO.SPIPE);
    expect(caller.call("fd_tell", 1, RESULT)).toBe(ERRNO.SPIPE);
    expect(caller.call("fd_pread", 0, ...caller.iovec(1), 0n, RESULT)).toBe(ERRNO.SPIPE);
    expect(caller.call("fd_sync", 1)).toBe(ERRNO.INVAL);
    expect(caller.call("fd_filestat_set_size", 1, 0n)).toBe(ERRNO.INVAL);
    expect(caller.call("fd_read", 1, ...caller.iovec(1), RESULT)).toBe(ERRNO.NOTCAPABLE);
    expect(caller.call("fd_write", 0, ...caller.iovec("x"), RESULT)).toBe(ERRNO.NOTCAPABLE);
    for (const name of ["fd_read", "fd_write"])
      expect(caller.call(name, 3, ...caller.iovec(1), RESULT)).toBe(ERRNO.ISDIR);
    expect(caller.call("fd_seek", 3, 0n, 0, RESULT)).toBe(ERRNO.ISDIR);
    expect(caller.call("fd_readdir", caller.open("f"), RESULT, 100, 0n, RESULT)).toBe(ERRNO.NOTDIR);
    expect(caller.call("fd_readdir", 1, RESULT, 100, 0n, RESULT)).toBe(ERRNO.NOTDIR);
    expect(caller.call("fd_close", 99)).toBe(ERRNO.BADF);
    expect(caller.call("fd_renumber", 99, 1)).toBe(ERRNO.BADF);
    expect(caller.call("fd_renumber", 1, 99)).toBe(ERRNO.BADF);
    expect(caller.call("sock_shutdown", 99, 0)).toBe(ERRNO.BADF);
    expect(caller.call("sock_shutdown", 1, 0)).toBe(ERRNO.NOTSOCK);
  });

  it("refuse unknown flags, whences and advice", () => {
    const caller = makeCaller();
    const fd = caller.open("f");
    expect(caller.call("fd_fdstat_set_flags", fd, 32)).toBe(ERRNO.INVAL);
    expect(caller.call("fd_seek", fd, 0n, 3, RESULT)).toBe(ERRNO.INVAL);
    expect(caller.call("fd_seek", fd, -1n, 0, RESULT)).toBe(ERRNO.INVAL);
    expect(caller.call("fd_advise", fd, 0n, 0n, 6)).toBe(ERRNO.INVAL);
    expect(caller.call("fd_allocate", fd, 0n, 0n)).toBe(ERRNO.INVAL);
    expect(caller.call("fd_filestat_set_times", fd, 0n, 0n, 16)).toBe(ERRNO.INVAL);
    expect(caller.call("clock_time_get", 4, 0n, RESULT)).toBe(ERRNO.INVAL);
    expect(caller.open("f", { oflags: 16 })).toBe(-ERRNO.INVAL);
    expect(caller.open("f", { fdflags: 32 })).toBe(-ERRNO.INVAL);
    expect(caller.open("f", { follow: 2 })).toBe(-ERRNO.INVAL);
    expect(caller.open("f", { oflags: 3 })).toBe(-ERRNO.INVAL);
  });
});

describe("rights", () => {
  /** Each function, and the one right without which it must fail. */
  const onFiles: readonly (readonly [keyof typeof RIGHTS, string, HostValue[]])[] = [
    ["FD_READ", "fd_read", [0, 0, RESULT]],
    ["FD_WRITE", "fd_write", [0, 0, RESULT]],
    ["FD_READ", "fd_pread", [0, 0, 0n, RESULT]],
    ["FD_SEEK", "fd_pread", [0, 0, 0n, RESULT]],
    ["FD_SEEK", "fd_seek", [1n, 1, RESULT]],
    ["FD_SYNC", "fd_sync", []],
    ["FD_DATASYNC", "fd_datasync", []],
    ["FD_ADVISE", "fd_advise", [0n, 0n, 0]],
    ["FD_ALLOCATE", "fd_allocate", [0n, 1n]],
    ["FD_FILESTAT_GET", "fd_filestat_get", [RESULT]],
    ["FD_FILESTAT_SET_SIZE", "fd_filestat_set_size", [0n]],
    ["FD_FILESTAT_SET_TIMES", "fd_filestat_set_times", [0n, 0n, 2]],
    ["FD_FDSTAT_SET_FLAGS", "fd_fdstat_set_flags", [0]],
  ];

  it("of files are demanded, one by one", () => {
    for (const [right, name, rest] of onFiles) {
      const caller = makeCaller();
      const fd = caller.open("f");
      expect(caller.call(name, fd, ...rest), name).toBe(0);
      caller.call("fd_fdstat_get", fd, RESULT);
      const rights = caller.result64(RESULT + 8);
      expect(caller.call("fd_fdstat_set_rights", fd, rights & ~BigInt(RIGHTS[right]), 0n)).toBe(0);
      expect(caller.call(name, fd, ...rest), `${name} without ${right}`).toBe(ERRNO.NOTCAPABLE);
      expect(caller.call("fd_fdstat_set_rights", fd, rights, 0n)).toBe(ERRNO.NOTCAPABLE);
      caller.thaw();
      expect(caller.call(name, fd, ...rest)).toBe(ERRNO.NOTCAPABLE);
    }
  });

  it("of folders are demanded, one by one", () => {
    const onFolders: readonly (readonly [keyof typeof RIGHTS, string, (c: WasiCaller) => HostValue[]])[] = [
      ["PATH_OPEN", "path_open", (c) => [3, 0, ...c.text("f"), 0, 0n, 0n, 0, RESULT]],
      ["PATH_CREATE_FILE", "path_open", (c) => [3, 0, ...c.text("f"), 1, 0n, 0n, 0, RESULT]],
      ["PATH_FILESTAT_SET_SIZE", "path_open", (c) => [3, 0, ...c.text("f"), 8, 0n, 0n, 0, RESULT]],
      ["PATH_CREATE_DIRECTORY", "path_create_directory", (c) => [3, ...c.text("n")]],
      ["PATH_FILESTAT_GET", "path_filestat_get", (c) => [3, 0, ...c.text("f"), RESULT]],
      ["PATH_FILESTAT_SET_TIMES", "path_filestat_set_times", (c) => [3, 0, ...c.text("f"), 0n, 0n, 2]],
      ["PATH_LINK_SOURCE", "path_link", (c) => [3, 0, ...c.text("f"), 3, ...c.text("n")]],
      ["PATH_LINK_TARGET", "path_link", (c) => [3, 0, ...c.text("f"), 3, ...c.text("n")]],
      ["PATH_RENAME_SOURCE", "path_rename", (c) => [3, ...c.text("f"), 3, ...c.text("n")]],
      ["PATH_RENAME_TARGET", "path_rename", (c) => [3, ...c.text("f"), 3, ...c.text("n")]],
      ["PATH_SYMLINK", "path_symlink", (c) => [...c.text("f"), 3, ...c.text("n")]],
      ["PATH_READLINK", "path_readlink", (c) => [3, ...c.text("l"), RESULT, 9, RESULT]],
      ["PATH_UNLINK_FILE", "path_unlink_file", (c) => [3, ...c.text("f")]],
      ["PATH_REMOVE_DIRECTORY", "path_remove_directory", (c) => [3, ...c.text("e")]],
      ["FD_READDIR", "fd_readdir", () => [3, RESULT, 100, 0n, RESULT]],
    ];
    for (const [right, name, values] of onFolders) {
      const directory = makeMemoryDirectory({ files: { f: "content", "e/": "" } });
      directory.create("l", { type: "symlink", target: "f" });
      const saved = directory.save();
      const caller = new WasiCaller({ directories: { "/": makeMemoryDirectory({ saved }) } });
      expect(caller.call(name, ...values(caller)), name).toBe(0);
      const less = new WasiCaller({ directories: { "/": makeMemoryDirectory({ saved }) } });
      less.call("fd_fdstat_get", 3, RESULT);
      const rights = less.result64(RESULT + 8) & ~BigInt(RIGHTS[right]);
      expect(less.call("fd_fdstat_set_rights", 3, rights, less.result64(RESULT + 16))).toBe(0);
      expect(less.call(name, ...values(less)), `${name} without ${right}`).toBe(ERRNO.NOTCAPABLE);
    }
  });

  it("are handed down no further than they go", () => {
    const caller = makeCaller();
    const inheriting = BigInt(RIGHTS.FD_READ);
    caller.call("fd_fdstat_get", 3, RESULT);
    expect(caller.call("fd_fdstat_set_rights", 3, caller.result64(RESULT + 8), inheriting)).toBe(0);
    expect(caller.open("f", { rights: RIGHTS.FD_READ | RIGHTS.FD_WRITE })).toBe(-ERRNO.NOTCAPABLE);
    expect(caller.open("f", { rights: RIGHTS.FD_READ })).toBe(4);
  });
});

describe("paths", () => {
  it("never lead out", () => {
    const secret = makeMemoryDirectory({ files: { "in/d/f": "x", secret: "s" } });
    secret.create("in/out", { type: "symlink", target: "../secret" });
    const caller = new WasiCaller({
      directories: { "/in": makeMemoryDirectory({ files: { "d/f": "x" } }), "/all": secret },
    });
    const inner = caller.open("in", {
      fd: 4,
      rights: RIGHTS.FD_READDIR | RIGHTS.PATH_OPEN | RIGHTS.FD_READ,
      oflags: 2,
    });
    expect(inner).toBe(5);
    for (const [fd, path] of [
      [3, "/etc/passwd"],
      [3, ".."],
      [3, "d/../../x"],
      [3, "d/../.."],
      [inner, "../secret"],
      [inner, "out"],
      [inner, "/secret"],
    ] as const) {
      expect(caller.open(path, { fd, follow: 1, rights: RIGHTS.FD_READ }), path).toBe(-ERRNO.NOTCAPABLE);
    }
    expect(caller.open("d\0", { fd: 3 })).toBe(-ERRNO.INVAL);
    expect(caller.open("", { fd: 3 })).toBe(-ERRNO.NOENT);
    expect(caller.call("path_unlink_file", 3, ...caller.text(new Uint8Array([0xff, 0xfe])))).toBe(ERRNO.ILSEQ);
    expect(caller.call("path_symlink", ...caller.text("../../etc"), 3, ...caller.text("l"))).toBe(ERRNO.NOTCAPABLE);
    expect(caller.call("path_rename", 3, ...caller.text("d"), 4, ...caller.text("d"))).toBe(ERRNO.XDEV);
    expect(caller.call("path_link", 3, 0, ...caller.text("d/f"), 4, ...caller.text("f"))).toBe(ERRNO.XDEV);
  });

  it("name the folder itself only where that makes sense", () => {
    const caller = makeCaller();
    for (const path of [".", "d/..", "d/."]) {
      expect(caller.call("path_remove_directory", 3, ...caller.text(path)), path).toBe(ERRNO.INVAL);
      expect(caller.call("path_rename", 3, ...caller.text(path), 3, ...caller.text("x")), path).toBe(ERRNO.INVAL);
    }
    expect(caller.call("path_create_directory", 3, ...caller.text("."))).toBe(ERRNO.EXIST);
    expect(caller.call("path_unlink_file", 3, ...caller.text("d/"))).toBe(ERRNO.ISDIR);
    expect(caller.call("path_unlink_file", 3, ...caller.text("f/"))).toBe(ERRNO.NOTDIR);
    expect(caller.call("path_readlink", 3, ...caller.text("f"), RESULT, 10, RESULT)).toBe(ERRNO.INVAL);
    expect(caller.open("f/", { oflags: 0 })).toBe(-ERRNO.NOTDIR);
    expect(caller.open("new/", { oflags: 1 })).toBe(-ERRNO.ISDIR);
    expect(caller.open("d", { oflags: 1, rights: 0 })).toBe(-ERRNO.ISDIR);
    expect(caller.open("d", { oflags: 0, rights: RIGHTS.FD_WRITE })).toBe(-ERRNO.ISDIR);
    expect(caller.open("f", { oflags: 5 })).toBe(-ERRNO.EXIST);
    expect(caller.open("f", { oflags: 2 })).toBe(-ERRNO.NOTDIR);
  });

  it("in a read-only folder say so when a file is opened for writing", () => {
    const directory = makeReadOnlyDirectory(makeMemoryDirectory({ files: { f: "x" } }));
    const caller = new WasiCaller({ directories: { "/": directory } });
    expect(caller.open("f", { rights: RIGHTS.FD_READ })).toBe(4);
    expect(caller.open("f", { rights: RIGHTS.FD_WRITE })).toBe(-ERRNO.ROFS);
    expect(caller.open("n", { oflags: 1 })).toBe(-ERRNO.ROFS);
    expect(caller.open("f", { oflags: 8, rights: 0 })).toBe(-ERRNO.ROFS);
    expect(caller.call("path_unlink_file", 3, ...caller.text("f"))).toBe(ERRNO.ROFS);
  });
});

describe("ends", () => {
  it("exit with the code, or as a shell reports a signal", () => {
    const caller = makeCaller();
    expect(caller.raw("proc_exit", 7)).toEqual(new Exit(7));
    expect(caller.raw("proc_exit", -1)).toEqual(new Exit(2 ** 32 - 1));
    expect(caller.raw("proc_raise", 6)).toEqual(new Exit(134));
    expect(caller.raw("proc_raise", 16)).toBe(0);
    expect(caller.raw("proc_raise", 18)).toBe(ERRNO.NOTSUP);
    expect(caller.raw("proc_raise", 31)).toBe(ERRNO.INVAL);
  });
});
