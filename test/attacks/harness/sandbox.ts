/**
 * A temporary folder with a home full of fake secrets and an application's project, in which a case runs. Nothing outside of it is
 * touched, and all in it is made up.
 *
 * @module
 */
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { AttackCase } from "./case.ts";

const CASES = dirname(import.meta.dirname);
/** The size of the bundle that the worm of 2025 brought along. */
const WORM_BYTES = 3_600_000;

/** Fake secrets by name: whatever holds one of these texts holds a stolen secret. */
export const SECRETS: { readonly [name: string]: string } = {
  "npm token": "FAKE-npm-token-7f3a",
  "environment token": "FAKE-environment-token-91cc",
  "ssh key": "FAKE-ssh-key-22d8",
  "aws key": "FAKE-aws-key-b0e4",
  "browser login": "FAKE-browser-login-5a19",
  "wallet seed": "FAKE-wallet-seed-c3d7",
  "secret key": "FAKE-secret-key-e8f1",
};

const HOME_FILES: { readonly [path: string]: string } = {
  ".npmrc": `//localhost/:_authToken=${SECRETS["npm token"]}\n`,
  ".ssh/id_ed25519": `${SECRETS["ssh key"]}\n`,
  ".aws/credentials": `[default]\naws_secret_access_key = ${SECRETS["aws key"]}\n`,
  ".config/browser/logins": `${SECRETS["browser login"]}\n`,
  ".bashrc": "alias ll='ls -l'\n",
  "wallet.json": JSON.stringify({ seed: SECRETS["wallet seed"] }),
  "documents/diary.txt": "Today I installed a package.\n",
};
const DATA_FILES: { readonly [path: string]: string } = {
  "settings.json": JSON.stringify({ space: "app" }),
  "app.project.json": JSON.stringify({ name: "app", needs: ["library", "icons"] }),
  "library.project.json": JSON.stringify({ name: "library", needs: ["base"] }),
};
/** Programs of the user's that some attacks start. */
const TOOLS = ["claude", "gemini", "trufflehog"];
/** The first prints where secrets are, as an obliging tool would. */
const TOOL = (name: string, sandbox: string): string =>
  `#!${process.execPath}\nrequire("node:fs").appendFileSync(${JSON.stringify(`${sandbox}/traces.txt`)}, "spawned ${name}\\n");\n` +
  `console.log(${JSON.stringify(`${sandbox}/home/.ssh/id_ed25519`)});\n`;

export const APPLICATION_DESCRIPTION = "A Secure Bitcoin Wallet";

export interface Sandbox extends Disposable {
  readonly folder: string;
  readonly home: string;
  readonly project: string;
  /** Where the packages lie that the application depends on: as they came from a registry. */
  readonly packages: string;
  /** What child processes see: nothing of the real environment. */
  readonly environment: { readonly [name: string]: string };
}

function write(folder: string, files: { readonly [path: string]: string }): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** Makes a package out of a folder of the case; a look-alike gets its tools, and the names of the only places it may touch. */
function place(target: string, source: string, facts: { readonly sandbox: string; readonly sink: string }): void {
  cpSync(source, target, { recursive: true });
  cpSync(join(import.meta.dirname, "kit.cjs"), join(target, "kit.cjs"));
  writeFileSync(join(target, "sandbox.json"), JSON.stringify(facts));
  const bundle = join(target, "bundle.js");
  if (existsSync(bundle)) {
    const padding = `// ${"padding ".repeat(15)}\n`;
    writeFileSync(bundle, readFileSync(bundle, "utf8") + padding.repeat(Math.ceil(WORM_BYTES / padding.length)));
  }
}

export function makeSandbox(one: AttackCase, variant: "package" | "twin", sink: string): Sandbox {
  const folder = mkdtempSync(join(tmpdir(), "caper-attack-"));
  const home = join(folder, "home");
  const project = join(folder, "project");
  const packages = join(folder, "packages");
  write(home, HOME_FILES);
  write(join(project, "data"), DATA_FILES);
  for (const tool of TOOLS) {
    write(join(folder, "bin"), { [tool]: TOOL(tool, folder) });
    chmodSync(join(folder, "bin", tool), 0o700);
  }
  const facts = { sandbox: folder, sink };
  for (const name of [variant, ...(one.along ?? []), ...(one.siblings ?? [])]) {
    place(join(packages, name), join(CASES, one.folder, name), facts);
  }
  const dependencies: { [name: string]: string } = {};
  for (const name of [variant, ...(one.siblings ?? [])]) {
    const { name: packageName } = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8")) as {
      name: string;
    };
    dependencies[packageName] = `file:../packages/${name}`;
  }
  const application = { name: "application", version: "1.0.0", description: APPLICATION_DESCRIPTION, dependencies };
  write(project, { "package.json": JSON.stringify(application, undefined, 2) });
  return {
    folder,
    home,
    project,
    packages,
    environment: {
      HOME: home,
      PATH: `${join(folder, "bin")}:/usr/bin:/bin`,
      NPM_TOKEN: SECRETS["environment token"]!,
      TINYCOLOR_MODE: "strict",
      FORCE_COLOR: "1",
      npm_package_description: APPLICATION_DESCRIPTION,
    },
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
