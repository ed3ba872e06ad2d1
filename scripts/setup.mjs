/**
 * What tests need beside the locked npm packages: which of it is there, and installing the rest. `npm run setup` does that and fails
 * where it can not; `npm test` does it unasked where it may, as root with apt-get, and else goes on: tests that lack a tool are skipped
 * by name. Plain JavaScript for Node 18 and newer, since it is among what runs first.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const newestFolder = join(root, ".cache", "newest-node");
const newestPackage = `node-${process.platform}-${process.arch}`;
const newestNode = join(newestFolder, "node_modules", newestPackage, "bin", "node");

/**
 * By the name that skipped tests give as their reason: what has to be there, in PATH or at its place, any of it; and Debian's packages,
 * `a|b` where versions of Debian call it differently.
 */
const TOOLS = {
  chromium: { files: ["chromium", "chromium-browser", "google-chrome"], packages: ["chromium"] },
  clang: { files: ["clang"], packages: ["clang"] },
  "wasm-ld": { files: ["wasm-ld"], packages: ["lld"] },
  "wasi-libc": { files: ["/usr/include/wasm32-wasi/stdlib.h"], packages: ["wasi-libc", "libclang-rt-dev-wasm32"] },
  "wasm-opt": { files: ["wasm-opt"], packages: ["binaryen"] },
  wast2json: { files: ["wast2json"], packages: ["wabt"] },
  jsc: {
    files: ["jsc"],
    packages: ["libjavascriptcoregtk-bin|libjavascriptcoregtk-4.1-bin|libjavascriptcoregtk-4.0-bin"],
  },
  ip: { files: ["ip"], packages: ["iproute2"] },
  "newest-node": { files: [process.env.CAPER_NEWEST_NODE || newestNode], packages: [] },
  // With which SQLite is fetched and built for the long tests.
  tclsh: { files: ["tclsh"], packages: ["tcl"] },
  make: { files: ["make"], packages: ["make"] },
  gcc: { files: ["gcc"], packages: ["gcc", "libc6-dev"] },
  xz: { files: ["xz"], packages: ["xz-utils"] },
  "dpkg-source": { files: ["dpkg-source"], packages: ["dpkg-dev"] },
};

/** In PATH, but not among npm's wrappers: those of Binaryen are slow builds. */
function findFile(file) {
  if (isAbsolute(file)) return existsSync(file) ? file : undefined;
  const folders = (process.env.PATH || "").split(delimiter).filter((at) => at !== "" && !at.includes("node_modules"));
  return folders.map((folder) => join(folder, file)).find((path) => existsSync(path));
}

/** The tool's path, or undefined where the machine lacks it. */
export function findTool(tool) {
  return TOOLS[tool].files.map(findFile).find((path) => path !== undefined);
}

export function missingTools() {
  return Object.keys(TOOLS).filter((tool) => findTool(tool) === undefined);
}

function mayUseApt() {
  return process.getuid !== undefined && process.getuid() === 0 && findFile("apt-get") !== undefined;
}

function installNewestNode() {
  mkdirSync(newestFolder, { recursive: true });
  const args = ["install", "--prefix", newestFolder, "--no-save", "--ignore-scripts", "--loglevel=error"];
  const options = { stdio: ["ignore", "ignore", "inherit"], shell: process.platform === "win32" };
  spawnSync("npm", [...args, `${newestPackage}@latest`], options);
}

function installWithApt(tools) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["update", "-qq"], { env, stdio: ["ignore", "ignore", "inherit"] });
  // One package that this system does not know would keep all others away.
  const names = tools.flatMap((tool) => TOOLS[tool].packages).map((either) => either.split("|"));
  const shown = spawnSync("apt-cache", ["show", ...names.flat()], { encoding: "utf8", maxBuffer: 64 << 20 }).stdout;
  const known = new Set(Array.from(String(shown).matchAll(/^Package: (.+)$/gm), (match) => match[1]));
  const packages = names.flatMap((either) => either.filter((name) => known.has(name)).slice(0, 1));
  if (packages.length === 0) return;
  const args = ["install", "-y", "-qq", "--no-install-recommends", ...packages];
  spawnSync("apt-get", args, { env, stdio: ["ignore", "ignore", "inherit"] });
}

/** What goes wrong, npm and apt-get say; what counts is what is there afterwards. Returns the tools that are still missing. */
function install(tools) {
  if (tools.includes("newest-node")) installNewestNode();
  const others = tools.filter((tool) => TOOLS[tool].packages.length > 0);
  if (others.length > 0 && mayUseApt()) installWithApt(others);
  return missingTools();
}

/** Whether there is something for `setUpUnasked` to do. */
export function wantsSetUp() {
  return !process.env.CAPER_NO_SETUP && mayUseApt() && missingTools().length > 0;
}

/** For commands that can do without: says what it does, and never fails. */
export function setUpUnasked() {
  const tools = missingTools().join(", ");
  process.stderr.write(`Installing what tests need (once, some minutes; not with CAPER_NO_SETUP=1): ${tools}...\n`);
  const missing = install(missingTools()).join(", ");
  if (missing !== "") process.stderr.write(`Not installed: ${missing}. The tests that need it are skipped by name.\n`);
}

function remedy(tool) {
  const { packages } = TOOLS[tool];
  return packages.length > 0 ? `${tool} (Debian: ${packages.join(" ")})` : `${tool} (its path: CAPER_NEWEST_NODE)`;
}

function main() {
  const before = missingTools();
  const missing = before.length === 0 ? [] : install(before);
  const installed = before.filter((tool) => !missing.includes(tool));
  if (installed.length > 0) console.log(`setup: installed ${installed.join(", ")}`);
  if (before.length === 0) console.log("setup: all tools are there");
  if (missing.length === 0) return;
  const how = mayUseApt() ? "see the messages above" : "it takes root and apt-get, or install them by hand";
  console.error(`setup: missing ${missing.map(remedy).join(", ")}; ${how}`);
  process.exitCode = 1;
}

// `import.meta.main` is newer than the oldest Node that may run this.
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main();
