/**
 * Fetches and builds the real programs that the long tests run, into `.cache/real/`: nothing of others' is in the repository.
 * `npm run test:long` does that before its first test, and this script by itself; it needs npm, and for SQLite clang, tclsh and Debian's
 * apt-get.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { findTool } from "../../scripts/setup.mjs";
import { projectRoot } from "../support/sources.ts";

export const REAL_FOLDER: string = `${projectRoot}/.cache/real`;
const PACKAGES = ["@yowasp/yosys@0.55.944", "@ruby/3.4-wasm-wasi@2.10.1"];
const SQLITE_TOOLS = ["clang", "wasm-ld", "wasi-libc", "tclsh", "make", "gcc", "xz", "dpkg-source"] as const;
const SQLITE_FLAGS = [
  "-DSQLITE_OS_OTHER=1",
  "-DSQLITE_THREADSAFE=0",
  "-DSQLITE_OMIT_LOAD_EXTENSION",
  "-DSQLITE_OMIT_WAL",
  "-DSQLITE_OMIT_LOCALTIME",
  "-DSQLITE_TEMP_STORE=3",
];
const TARGET = "--target=wasm32-wasi";
/** Where Debian's apt keeps what this machine installs from. */
const APT_FOLDER = "/etc/apt";

export const REAL_PROGRAMS: { readonly [Name in "yosys" | "ruby" | "sqlite"]: string } = {
  yosys: `${REAL_FOLDER}/node_modules/@yowasp/yosys/gen/yosys.core.wasm`,
  ruby: `${REAL_FOLDER}/node_modules/@ruby/3.4-wasm-wasi/dist/ruby.wasm`,
  sqlite: `${REAL_FOLDER}/sqlite.wasm`,
};

export const REAL_REMEDY = "node scripts/launch.mjs test/real/setup.ts";

type RealName = keyof typeof REAL_PROGRAMS;

export function isPresent(name: RealName): boolean {
  return existsSync(REAL_PROGRAMS[name]);
}

function missing(): readonly RealName[] {
  return (["yosys", "ruby", "sqlite"] as const).filter((name) => !isPresent(name));
}

function run(command: string, args: readonly string[], cwd: string = REAL_FOLDER): void {
  execFileSync(command, args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
}

function fetchPackages(): void {
  const flags = ["--no-audit", "--no-fund", "--no-save", "--ignore-scripts"];
  run("npm", ["install", ...flags, "--prefix", REAL_FOLDER, ...PACKAGES]);
}

/** The machine's own Debian archives, asked for source packages instead of binary ones. */
function writeSourceLists(folder: string): void {
  const parts = `${APT_FOLDER}/sources.list.d`;
  const files = [
    `${APT_FOLDER}/sources.list`,
    ...(existsSync(parts) ? readdirSync(parts) : []).map((name) => `${parts}/${name}`),
  ];
  let count = 0;
  for (const file of files.filter((name) => existsSync(name))) {
    const isStanzas = file.endsWith(".sources");
    const entries = readFileSync(file, "utf8").split(isStanzas ? /\n\s*\n/ : "\n");
    const debian = entries.filter((entry) => /^(Types: |\s*)deb\b/m.test(entry) && /debian/i.test(entry));
    const sources = debian.map((entry) =>
      entry.replace(isStanzas ? /^Types: .*$/m : /^\s*deb\b/, isStanzas ? "Types: deb-src" : "deb-src"),
    );
    if (sources.length > 0)
      writeFileSync(
        `${folder}/source-${count++}.${isStanzas ? "sources" : "list"}`,
        `${sources.join(isStanzas ? "\n\n" : "\n")}\n`,
      );
  }
  if (count === 0) throw new Error(`${APT_FOLDER} names no Debian archive to fetch the sources of sqlite3 from`);
}

function assertTools(): void {
  const lacking = SQLITE_TOOLS.filter((tool) => findTool(tool) === undefined);
  if (lacking.length > 0) throw new Error(`it needs ${lacking.join(", ")}: npm run setup`);
}

/** The sources from Debian, found through lists of our own so that the machine's stay as they are. */
function fetchSqlite(): string {
  assertTools();
  const lists = `${REAL_FOLDER}/lists`;
  const parts = `${REAL_FOLDER}/sources`;
  mkdirSync(`${lists}/partial`, { recursive: true });
  mkdirSync(parts, { recursive: true });
  writeSourceLists(parts);
  const options = [`Dir::Etc::sourcelist=/dev/null`, `Dir::Etc::sourceparts=${parts}`, `Dir::State::lists=${lists}`];
  const flags = options.flatMap((option) => ["-o", option]);
  run("apt-get", [...flags, "-q", "update"]);
  run("apt-get", [...flags, "-q", "source", "--download-only", "sqlite3"]);
  const archive = readdirSync(REAL_FOLDER).find((file) => /^sqlite3_.*\.orig\.tar\.xz$/.test(file));
  if (archive === undefined) throw new Error("apt-get gave no sources of sqlite3");
  run("tar", ["xf", archive]);
  const folder = readdirSync(REAL_FOLDER).find((file) => /^sqlite3-[\d.]+$/.test(file));
  return `${REAL_FOLDER}/${folder}`;
}

function buildSqlite(folder: string): void {
  if (!existsSync(`${folder}/sqlite3.c`)) {
    run("./configure", ["--disable-tcl", "--disable-readline"], folder);
    run("make", ["sqlite3.c"], folder);
  }
  run("clang", [TARGET, "-O2", "-w", ...SQLITE_FLAGS, "-c", `${folder}/sqlite3.c`, "-o", "sqlite3.o"]);
  run("clang", [TARGET, "-O2", `-I${folder}`, "-c", `${projectRoot}/test/real/sqlite-main.c`, "-o", "sqlite-main.o"]);
  const link = ["-Wl,--strip-debug", "-Wl,-z,stack-size=1048576"];
  run("clang", [TARGET, ...link, "sqlite-main.o", "sqlite3.o", "-o", REAL_PROGRAMS.sqlite]);
}

/** What can not be had keeps nothing else away. */
function attempt(what: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    console.error(`${what} can not be had: ${(error as Error).message}`);
  }
}

function fetchMissing(): void {
  mkdirSync(REAL_FOLDER, { recursive: true });
  const names = missing();
  if (names.includes("yosys") || names.includes("ruby")) attempt(PACKAGES.join(" and "), fetchPackages);
  if (names.includes("sqlite")) attempt("SQLite", () => buildSqlite(fetchSqlite()));
}

/** What vitest calls before the long tests; those of a program that can not be had are skipped by name. */
export function setup(): void {
  const names = missing().join(", ");
  if (process.env.CAPER_NO_SETUP || names === "") return;
  console.error(`Fetching real programs (once, some minutes; not with CAPER_NO_SETUP=1): ${names}...`);
  fetchMissing();
}

if (import.meta.main) {
  fetchMissing();
  const names = missing();
  console.log(names.length === 0 ? "all real programs are there" : `missing: ${names.join(", ")}`);
  if (names.length > 0) process.exitCode = 1;
}
