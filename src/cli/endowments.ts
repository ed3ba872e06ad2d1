/**
 * The options that endow a program with something of the host: `--dir`, `--env`. What is not named here, the program does not have.
 *
 * @module
 */
import { CliError } from "./errors.ts";

export interface DirectoryOption {
  /** What the program sees, such as `data` or `/data`. */
  readonly guestPath: string;
  readonly hostPath: string;
  readonly isReadOnly: boolean;
}

const DIRECTORIES_MAX = 64;
const ENVIRONMENT_MAX = 4096;

/** `guest=host`, `guest=host:ro`, or one path that is both. */
export function parseDirectory(text: string): DirectoryOption {
  const suffix = /:(ro|rw)$/.exec(text);
  const paths = suffix ? text.slice(0, -suffix[0].length) : text;
  const separator = paths.indexOf("=");
  const guestPath = separator < 0 ? paths : paths.slice(0, separator);
  const hostPath = separator < 0 ? paths : paths.slice(separator + 1);
  if (guestPath === "" || hostPath === "" || /\0/.test(paths)) {
    throw new RangeError(`expected guest=host or guest=host:ro, like data=./data:ro, got ${JSON.stringify(text)}`);
  }
  return { guestPath, hostPath, isReadOnly: suffix?.[1] === "ro" };
}

/** Each guest path once. */
export function collectDirectories(texts: readonly string[]): readonly DirectoryOption[] {
  if (texts.length > DIRECTORIES_MAX)
    throw new CliError("usage", `--dir can be given at most ${DIRECTORIES_MAX} times`);
  const directories = texts.map((text) => {
    try {
      return parseDirectory(text);
    } catch (error) {
      throw new CliError("usage", `--dir: ${error instanceof Error ? error.message : text}`);
    }
  });
  const seen = new Set<string>();
  for (const { guestPath } of directories) {
    const name = plainPath(guestPath);
    if (seen.has(name))
      throw new CliError("usage", `--dir: ${JSON.stringify(guestPath)} is given twice; name each folder once`);
    seen.add(name);
  }
  return directories;
}

/** `/data`, `./data` and `data/` are one folder to a guest. */
export function plainPath(guestPath: string): string {
  return guestPath
    .split("/")
    .filter((name) => name !== "" && name !== ".")
    .join("/");
}

/** `NAME` takes the host's value (absent there: absent here), `NAME=value` gives one. */
export function collectEnvironment(
  texts: readonly string[],
  host: { readonly [name: string]: string | undefined },
): { readonly [name: string]: string } {
  if (texts.length > ENVIRONMENT_MAX)
    throw new CliError("usage", `--env can be given at most ${ENVIRONMENT_MAX} times`);
  const entries: [string, string][] = [];
  for (const text of texts) {
    const separator = text.indexOf("=");
    const name = separator < 0 ? text : text.slice(0, separator);
    if (name === "" || /\0/.test(text)) {
      throw new CliError("usage", `--env: expected NAME or NAME=value, got ${JSON.stringify(text)}`);
    }
    const value = separator < 0 ? host[name] : text.slice(separator + 1);
    if (value !== undefined) entries.push([name, value]);
  }
  // A null prototype: a variable may be called __proto__.
  return Object.assign(Object.create(null), Object.fromEntries(entries));
}
