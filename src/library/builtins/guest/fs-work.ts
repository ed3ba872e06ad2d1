/**
 * The operations of `fs` over the power `directory`: synchronous, with Node's arguments and Node's errors. Files have no descriptors:
 * what is opened is read and written as a whole.
 *
 * @module
 */
import { Buffer } from "buffer";
import { deny, findPower, needPower, type Power } from "./power.ts";

/** The powers' codes and Node's; the rest is EIO. */
const ERROR_CODES: { readonly [code: string]: string } = {
  "not-found": "ENOENT",
  exists: "EEXIST",
  "not-directory": "ENOTDIR",
  "is-directory": "EISDIR",
  "is-symlink": "ELOOP",
  "not-empty": "ENOTEMPTY",
  "read-only": "EROFS",
  "no-space": "ENOSPC",
  "too-big": "EFBIG",
  "name-too-long": "ENAMETOOLONG",
  "invalid-path": "EINVAL",
  outside: "EACCES",
  denied: "EACCES",
  "not-granted": "EACCES",
  revoked: "EACCES",
  expired: "EACCES",
  "rate-limited": "EAGAIN",
  busy: "EBUSY",
};

type PathLike = string | Uint8Array | { readonly pathname: string };
type Encoding = string | null | undefined;
type Options =
  | Encoding
  | {
      readonly encoding?: Encoding;
      readonly flag?: string;
      readonly recursive?: boolean;
      readonly force?: boolean;
      readonly withFileTypes?: boolean;
      readonly throwIfNoEntry?: boolean;
    };

function pathOf(path: PathLike): string {
  if (typeof path === "string") return path;
  if (path instanceof Uint8Array) return Buffer.from(path).toString();
  return decodeURIComponent(path.pathname);
}

const optionOf = (options: Options, name: "encoding" | "flag"): string | undefined => {
  if (typeof options === "string") return name === "encoding" ? options : undefined;
  return options?.[name] ?? undefined;
};
const isSet = (options: Options, name: "recursive" | "force" | "withFileTypes"): boolean =>
  typeof options === "object" && options !== null && options[name] === true;

function translate(error: unknown, call: string, path: string): Error {
  const message = error instanceof Error ? error.message : String(error);
  const power = /(?:^|: )([a-z]+(?:-[a-z]+)*)(?:$|:| )/.exec(message.replace(/^[\w.]+: /, ""))?.[1] ?? "io";
  const code = ERROR_CODES[power] ?? "EIO";
  return Object.assign(new Error(`${code}: ${power.replaceAll("-", " ")}, ${call} '${path}'`), {
    code,
    syscall: call,
    path,
    errno: -1,
  });
}

/** One call of the power, whose errors become Node's. */
function ask(call: string, path: PathLike, work: (directory: Power, path: string) => unknown): unknown {
  const name = pathOf(path);
  const directory = needPower("directory", `fs.${call}("${name}")`);
  try {
    return work(directory, name);
  } catch (error) {
    throw translate(error, call, name);
  }
}

interface RawStat {
  readonly type: string;
  readonly size: number;
  readonly links: number;
  readonly modified: number;
  readonly accessed: number;
  readonly changed: number;
}

class Stats {
  readonly #type: string;
  readonly size: number;
  readonly nlink: number;
  readonly mode: number;
  readonly mtimeMs: number;
  readonly atimeMs: number;
  readonly ctimeMs: number;
  readonly birthtimeMs: number;
  readonly mtime: Date;
  readonly atime: Date;
  readonly ctime: Date;
  readonly birthtime: Date;

  constructor(stat: RawStat) {
    this.#type = stat.type;
    this.size = stat.size;
    this.nlink = stat.links;
    this.mode = stat.type === "directory" ? 0o40755 : stat.type === "symlink" ? 0o120777 : 0o100644;
    this.mtimeMs = stat.modified;
    this.atimeMs = stat.accessed;
    this.ctimeMs = stat.changed;
    this.birthtimeMs = stat.changed;
    this.mtime = new Date(stat.modified);
    this.atime = new Date(stat.accessed);
    this.ctime = new Date(stat.changed);
    this.birthtime = new Date(stat.changed);
  }
  isFile = (): boolean => this.#type === "file";
  isDirectory = (): boolean => this.#type === "directory";
  isSymbolicLink = (): boolean => this.#type === "symlink";
  isFIFO = (): boolean => false;
  isSocket = (): boolean => false;
  isBlockDevice = (): boolean => false;
  isCharacterDevice = (): boolean => false;
}

class Dirent {
  readonly #type: string;
  readonly name: string;
  readonly parentPath: string;

  constructor(entry: { readonly name: string; readonly type: string }, parentPath: string) {
    this.name = entry.name;
    this.parentPath = parentPath;
    this.#type = entry.type;
  }
  isFile = (): boolean => this.#type === "file";
  isDirectory = (): boolean => this.#type === "directory";
  isSymbolicLink = (): boolean => this.#type === "symlink";
}

/** What one call of the power reads at most. */
const READ_PIECE_BYTES = 4 << 20;

function statOf(directory: Power, path: string, options: { readonly follow: boolean } = { follow: true }): RawStat {
  return directory.stat?.(path, options) as RawStat;
}

function readWhole(directory: Power, path: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let offset = 0; ; offset += READ_PIECE_BYTES) {
    const { size } = statOf(directory, path);
    const length = Math.min(READ_PIECE_BYTES, Math.max(0, size - offset));
    const piece = directory.read?.(path, { offset, length }) as Uint8Array;
    pieces.push(piece);
    if (piece.length < length || offset + length >= size) return Buffer.concat(pieces);
  }
}

function readFile(path: PathLike, options?: Options): unknown {
  const bytes = ask("readFile", path, readWhole) as Uint8Array;
  const encoding = optionOf(options, "encoding");
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return encoding === undefined || encoding === "buffer" ? buffer : buffer.toString(encoding as BufferEncoding);
}

function contentOf(content: unknown, options: Options): Uint8Array {
  if (ArrayBuffer.isView(content)) return new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  const bytes = Buffer.from(String(content), (optionOf(options, "encoding") ?? "utf8") as BufferEncoding);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

function writeFile(path: PathLike, content: unknown, options?: Options): void {
  const flag = optionOf(options, "flag") ?? "w";
  if (flag.startsWith("a")) appendFile(path, content, options);
  else
    ask("writeFile", path, (directory, name) => {
      if (flag.includes("x") && directory.exists?.(name) === true) throw new Error("exists");
      return directory.write?.(name, contentOf(content, options));
    });
}

function appendFile(path: PathLike, content: unknown, options?: Options): void {
  ask("appendFile", path, (directory, name) => directory.append?.(name, contentOf(content, options)));
}

function readdir(path: PathLike, options?: Options): unknown {
  const list = (
    folder: string,
    before: string,
  ): readonly { readonly name: string; readonly type: string; readonly parent: string }[] => {
    const entries = ask("readdir", folder, (directory, name) => directory.list?.(name)) as readonly {
      name: string;
      type: string;
    }[];
    return entries.flatMap((entry) => {
      const own = { name: before + entry.name, type: entry.type, parent: folder };
      const goesOn = isSet(options, "recursive") && entry.type === "directory";
      return goesOn ? [own, ...list(`${folder}/${entry.name}`, `${before}${entry.name}/`)] : [own];
    });
  };
  const found = list(pathOf(path), "");
  if (!isSet(options, "withFileTypes")) return found.map((entry) => entry.name);
  return found.map(
    (entry) => new Dirent({ name: entry.name.slice(entry.name.lastIndexOf("/") + 1), type: entry.type }, entry.parent),
  );
}

const statWith =
  (call: string, follow: boolean) =>
  (path: PathLike, options?: Options): Stats | undefined => {
    try {
      return new Stats(ask(call, path, (directory, name) => directory.stat?.(name, { follow })) as RawStat);
    } catch (error) {
      const isQuiet = typeof options === "object" && options?.throwIfNoEntry === false;
      if (isQuiet && error instanceof Error && Reflect.get(error, "code") === "ENOENT") return undefined;
      throw error;
    }
  };

function mkdir(path: PathLike, options?: Options): void {
  const recursive = isSet(options, "recursive");
  ask("mkdir", path, (directory, name) => directory.makeDirectory?.(name, { recursive }));
}

function rm(path: PathLike, options?: Options): void {
  try {
    ask("rm", path, (directory, name) => directory.remove?.(name, { recursive: isSet(options, "recursive") }));
  } catch (error) {
    if (isSet(options, "force") && error instanceof Error && Reflect.get(error, "code") === "ENOENT") return;
    throw error;
  }
}

/** As Node's: never throws. */
export function existsSync(path: PathLike): boolean {
  const directory = findPower("directory");
  if (directory === undefined) deny("directory", `fs.existsSync("${pathOf(path)}")`);
  try {
    return directory?.exists?.(pathOf(path)) === true;
  } catch {
    return false;
  }
}

function access(path: PathLike): void {
  ask("access", path, (directory, name) => directory.stat?.(name));
}

/** What is synchronous, a promise and a callback in `fs`. */
export const operations: { readonly [name: string]: (...args: never[]) => unknown } = {
  access,
  appendFile,
  copyFile: (path: PathLike, newPath: PathLike): unknown =>
    ask("copyFile", path, (directory, name) => directory.copy?.(name, pathOf(newPath))),
  lstat: statWith("lstat", false),
  mkdir,
  readFile,
  readdir,
  realpath: (path: PathLike): string => {
    access(path);
    return pathOf(path);
  },
  rename: (path: PathLike, newPath: PathLike): unknown =>
    ask("rename", path, (directory, name) => directory.rename?.(name, pathOf(newPath))),
  rm,
  rmdir: (path: PathLike, options?: Options): void => rm(path, options),
  stat: statWith("stat", true),
  unlink: (path: PathLike): void => rm(path),
  writeFile,
};
