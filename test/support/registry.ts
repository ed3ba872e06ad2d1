/**
 * A registry of packages for tests, on this machine: what npm's libraries ask of one, and no more.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { create } from "tar";

export interface FixturePackage {
  readonly name: string;
  readonly version: string;
  /** Fields of its package.json beside name and version. */
  readonly manifest?: { readonly [field: string]: unknown };
  readonly files?: { readonly [path: string]: string };
  /** In place of a tarball of the files. */
  readonly tarball?: Uint8Array;
  /** In place of the tarball's own. */
  readonly integrity?: string;
  /** What a request for it must be authorised with. */
  readonly token?: string;
}

export interface TestRegistry extends AsyncDisposable {
  /** npm's settings that lead here, and nowhere else. */
  readonly environment: { readonly [name: string]: string };
  /** Host and port, as in npm's settings. */
  readonly address: string;
  /** Paths that were asked for. */
  readonly requests: readonly string[];
  add(one: FixturePackage): Promise<void>;
}

interface Stored extends FixturePackage {
  readonly bytes: Uint8Array;
}

export async function packFiles(files: { readonly [path: string]: string }): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), "caper-pack-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, "package", path)), { recursive: true });
      writeFileSync(join(folder, "package", path), text);
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of create({ cwd: folder, gzip: true, portable: true, noMtime: true }, ["package"])) {
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function integrityOf(bytes: Uint8Array): string {
  return `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
}

function manifestOf(one: FixturePackage): { readonly [field: string]: unknown } {
  return { name: one.name, version: one.version, main: "index.js", ...one.manifest };
}

export async function startRegistry(packages: readonly FixturePackage[] = []): Promise<TestRegistry> {
  const stored: Stored[] = [];
  const requests: string[] = [];
  const home = mkdtempSync(join(tmpdir(), "caper-home-"));
  const add = async (one: FixturePackage): Promise<void> => {
    const files = { "package.json": JSON.stringify(manifestOf(one)), ...one.files };
    stored.push({ ...one, bytes: one.tarball ?? (await packFiles(files)) });
  };
  const packument = (name: string, root: string): string | undefined => {
    const versions = stored.filter((one) => one.name === name);
    const last = versions.at(-1);
    if (last === undefined) return undefined;
    const entries = versions.map((one) => {
      const tarball = `${root}/${name}/-/${one.version}.tgz`;
      const dist = { tarball, integrity: one.integrity ?? integrityOf(one.bytes) };
      return [one.version, { ...manifestOf(one), dist }] as const;
    });
    return JSON.stringify({ name, "dist-tags": { latest: last.version }, versions: Object.fromEntries(entries) });
  };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "/").slice(1);
    requests.push(path);
    const [name = "", file] = path.split("/-/");
    const version = stored.find((one) => one.name === name && `${one.version}.tgz` === file);
    const token = stored.find((one) => one.name === name)?.token;
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) response.statusCode = 401;
    const body = file === undefined ? packument(name, `http://${request.headers.host}`) : version?.bytes;
    if (body === undefined) response.statusCode = 404;
    response.end(response.statusCode === 200 ? body : "{}");
  });
  for (const one of packages) await add(one);
  const address = `127.0.0.1:${await listen(server)}`;
  return {
    environment: {
      HOME: home,
      npm_config_registry: `http://${address}/`,
      npm_config_userconfig: join(home, ".npmrc"),
      npm_config_globalconfig: join(home, "global-npmrc"),
      npm_config_fetch_retries: "0",
    },
    address,
    requests,
    add,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
