/**
 * Starts a script of this checkout as the first command anybody types: installs the locked packages when they are missing or
 * stale, then runs the script in the Node version that the lock file pins. With `--set-up` before the script, also what tests need
 * beyond npm is installed where that can be done (setup.mjs). It is plain JavaScript for Node 18 and newer, since it is what runs
 * before anything is installed.
 *
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const NODE_MAJOR_MIN = 24;
const INSTALL_WAIT_MS = 10 * 60 * 1000;
const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const installLock = join(root, ".install-running");

/** True when every package of the lock file that this platform needs is there, in the locked version. */
function isInstalled() {
  const installedFile = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installedFile)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const installed = JSON.parse(readFileSync(installedFile, "utf8")).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "" || entry.optional || entry.devOptional || entry.peer) return true;
    return installed[path] !== undefined && installed[path].version === entry.version;
  });
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

/** Two commands started together in a fresh clone must not both install: the second waits for the first. */
function waitForOtherInstall() {
  const start = Date.now();
  while (existsSync(installLock)) {
    if (!isAlive(Number(readFileSync(installLock, "utf8")))) return;
    if (Date.now() - start > INSTALL_WAIT_MS) fail(`Another install has been running too long; remove ${installLock}.`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Does the work unless somebody else has done it meanwhile. */
function installOnce(isDone, work) {
  waitForOtherInstall();
  if (isDone()) return;
  writeFileSync(installLock, String(process.pid));
  try {
    work();
  } finally {
    rmSync(installLock, { force: true });
  }
}

function installPackages() {
  process.stderr.write("Installing the locked packages (once, about half a minute)...\n");
  // npm's own entry is named when npm started us; its errors are shown, its warnings on older Node versions are not.
  const npm = process.env.npm_execpath;
  const isNpm = npm !== undefined && /npm-cli\.c?js$/.test(npm);
  const [command, first] = isNpm ? [process.execPath, [npm]] : ["npm", []];
  const options = ["ci", "--include=dev", "--include=optional", "--ignore-scripts", "--loglevel=error"];
  const done = spawnSync(command, [...first, ...options], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: !isNpm && process.platform === "win32",
  });
  if (done.status !== 0) fail("npm could not install the packages; its message is above. Fix that and run this again.");
}

/** The pinned Node where the platform has one, else the running one if it is new enough. */
function findNode() {
  const pinned = [
    [`node-${process.platform}-${process.arch}`, "bin/node"],
    [`node-bin-${process.platform}-${process.arch}`, "bin/node"],
    [`node-win-${process.arch}`, "bin/node.exe"],
  ];
  for (const [name, path] of pinned) {
    const file = join(root, "node_modules", name, path);
    if (existsSync(file) && spawnSync(file, ["--version"]).status === 0) return file;
  }
  if (Number(process.versions.node.split(".")[0]) >= NODE_MAJOR_MIN) return process.execPath;
  fail(
    `Caper needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.version} and no pinned Node runs on ` +
      `${process.platform} ${process.arch}. Install Node ${NODE_MAJOR_MIN} and run this again.`,
  );
}

function run(file, args) {
  const node = findNode();
  const path = `${join(root, "node_modules", ".bin")}${process.platform === "win32" ? ";" : ":"}${process.env.PATH}`;
  const child = spawn(node, [file, ...args], { stdio: "inherit", env: { ...process.env, PATH: path } });
  // The terminal sends Ctrl-C to both processes; only the script decides what it means.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if (signal !== "SIGINT") child.kill(signal);
    });
  }
  child.on("error", (error) => fail(`Could not start ${node}: ${error.message}`));
  child.on("exit", (code, signal) => {
    process.exitCode = code !== null ? code : 128 + (constants.signals[signal] || 1);
  });
}

const isForTests = process.argv[2] === "--set-up";
const [script, ...args] = process.argv.slice(isForTests ? 3 : 2);
if (script === undefined) fail("launch: expected a script to run, as in: node scripts/launch.mjs scripts/check.ts");
if (!isInstalled()) installOnce(isInstalled, installPackages);
if (isForTests) {
  const { setUpUnasked, wantsSetUp } = await import("./setup.mjs");
  if (wantsSetUp()) installOnce(() => !wantsSetUp(), setUpUnasked);
}
run(resolve(root, script), args);
