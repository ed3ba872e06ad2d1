/**
 * Random sequences of WASI calls on a folder in memory and on a real one, with freezes in the first: the same errors, the
 * same content, the same tree, and nothing outside touched.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeNodeDirectory } from "../../src/node/powers/index.ts";
import { makeMemoryDirectory } from "../../src/powers/index.ts";
import { RESULT, WasiCaller } from "../support/wasi-caller.ts";

const FIRST_FD = 3;
const FDS = 6;
const READING = (1 << 1) | (1 << 14) | (1 << 21) | (0x1ffff << 9);
const WRITING = (1 << 1) | (1 << 2) | (1 << 6) | (1 << 21);

type Step =
  | {
      readonly do: "open";
      readonly fd: number;
      readonly path: string;
      readonly oflags: number;
      readonly follow: number;
      readonly rights: number;
    }
  | { readonly do: "mkdir" | "unlink" | "rmdir" | "readlink" | "stat"; readonly fd: number; readonly path: string }
  | { readonly do: "symlink" | "link" | "rename"; readonly fd: number; readonly path: string; readonly to: string }
  | { readonly do: "write" | "read" | "list" | "close" | "fdstat"; readonly fd: number }
  | { readonly do: "thaw" };

const aName = fc.oneof(
  { weight: 15, arbitrary: fc.constantFrom("a", "b", "c", "d", "l") },
  { weight: 1, arbitrary: fc.constantFrom("..", ".", "") },
);
const aPath = fc.array(aName, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
const anFd = fc.oneof(
  { weight: 6, arbitrary: fc.constant(FIRST_FD) },
  { weight: 1, arbitrary: fc.integer({ min: FIRST_FD, max: FIRST_FD + FDS }) },
);
const anOpenFd = fc.integer({ min: FIRST_FD, max: FIRST_FD + FDS });

/** What there is before the first step. */
const BEGINNING: readonly Step[] = [
  { do: "mkdir", fd: FIRST_FD, path: "b" },
  { do: "mkdir", fd: FIRST_FD, path: "b/c" },
  { do: "mkdir", fd: FIRST_FD, path: "d" },
  { do: "symlink", fd: FIRST_FD, path: "b/c", to: "l" },
  { do: "open", fd: FIRST_FD, path: "a", oflags: 1, follow: 0, rights: WRITING },
  { do: "open", fd: FIRST_FD, path: "b/c/a", oflags: 1, follow: 0, rights: WRITING },
  { do: "open", fd: FIRST_FD, path: "b", oflags: 2, follow: 0, rights: READING },
];

const aStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("open"),
      fd: anFd,
      path: aPath,
      oflags: fc.constantFrom(0, 0, 1, 1, 1, 2, 5, 8, 9, 3),
      follow: fc.nat(1),
      rights: fc.constantFrom(READING, WRITING),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("mkdir", "unlink", "rmdir", "readlink", "stat"),
      fd: anFd,
      path: aPath,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom("symlink", "link", "rename"), fd: anFd, path: aPath, to: aPath }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("write", "read", "list", "close", "fdstat"), fd: anOpenFd }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("thaw") }) },
) as fc.Arbitrary<Step>;

/** What a filestat says beside times: inode, type, links, size. */
function statOf(caller: WasiCaller, errno: number): unknown {
  const isShared = caller.result64(RESULT + 24) > 1n;
  const inode = isShared ? "shared" : caller.result64(RESULT + 8);
  return errno === 0
    ? [inode, caller.view.getUint8(RESULT + 16), caller.result64(RESULT + 24), caller.result64(RESULT + 32)]
    : errno;
}

/** Of the entries listed, without their inodes: those of shared files are the folder's own. */
function namesOf(caller: WasiCaller): string[] {
  const names: string[] = [];
  for (let at = 1024; at < 1024 + caller.result(); ) {
    const length = caller.view.getUint32(at + 16, true);
    names.push(
      `${caller.view.getUint8(at + 20)} ${new TextDecoder().decode(caller.memory.slice(at + 24, at + 24 + length))}`,
    );
    at += 24 + length;
  }
  return names;
}

function run(caller: WasiCaller, step: Step, isFrozen: boolean): unknown {
  switch (step.do) {
    case "open":
      return caller.open(step.path, step);
    case "mkdir":
      return caller.call("path_create_directory", step.fd, ...caller.text(step.path));
    case "unlink":
      return caller.call("path_unlink_file", step.fd, ...caller.text(step.path));
    case "rmdir":
      return caller.call("path_remove_directory", step.fd, ...caller.text(step.path));
    case "readlink":
      return caller.call("path_readlink", step.fd, ...caller.text(step.path), RESULT + 8, 100, RESULT);
    case "stat":
      return statOf(caller, caller.call("path_filestat_get", step.fd, 0, ...caller.text(step.path), RESULT));
    case "symlink":
      return caller.call("path_symlink", ...caller.text(step.path), step.fd, ...caller.text(step.to));
    case "link":
      return caller.call("path_link", step.fd, 0, ...caller.text(step.path), FIRST_FD, ...caller.text(step.to));
    case "rename":
      return caller.call("path_rename", step.fd, ...caller.text(step.path), FIRST_FD, ...caller.text(step.to));
    case "write":
      return caller.write(step.fd, "text");
    case "read":
      return caller.read(step.fd, 3);
    case "list": {
      const errno = caller.call("fd_readdir", step.fd, 1024, 2000, 0n, RESULT);
      return errno === 0 ? namesOf(caller) : errno;
    }
    case "close":
      return step.fd === FIRST_FD ? 0 : caller.call("fd_close", step.fd);
    case "fdstat":
      return statOf(caller, caller.call("fd_filestat_get", step.fd, RESULT));
    case "thaw":
      if (isFrozen) caller.thaw();
      return 0;
  }
}

/** Moving a folder whose links would come to lead out is refused in memory and cannot be seen in time on a disk. */
function mayDiffer(step: Step): boolean {
  return step.do === "symlink" && step.path.includes("..");
}

describe("random WASI calls", () => {
  it("do the same in memory, with freezes, as in a real folder", { timeout: 300_000 }, () => {
    const base = mkdtempSync(join(tmpdir(), "caper-wasi-"));
    writeFileSync(join(base, "secret"), "secret");
    fc.assert(
      fc.property(fc.array(aStep, { minLength: 5, maxLength: 40 }), (steps) => {
        const root = join(base, "root");
        mkdirSync(root);
        try {
          using real = makeNodeDirectory(root);
          const one = new WasiCaller({ directories: { "/": makeMemoryDirectory() } });
          const two = new WasiCaller({ directories: { "/": real } });
          for (const step of [...BEGINNING, ...steps]) {
            if (mayDiffer(step)) continue;
            expect(run(two, step, false), JSON.stringify(step)).toEqual(run(one, step, true));
          }
        } finally {
          rmSync(root, { recursive: true });
        }
        expect(readdirSync(base)).toEqual(["secret"]);
      }),
      { numRuns: 150 },
    );
    expect(readFileSync(join(base, "secret"), "utf8")).toBe("secret");
    rmSync(base, { recursive: true });
  });
});
