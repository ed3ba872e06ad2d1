/**
 * The control socket of a running `caper run`: another process of the same user asks it to freeze. One request and one answer,
 * each a line of JSON, over a Unix socket (a named pipe on Windows) named after the process id, in a folder only the user may enter.
 *
 * @module
 */
import { chmodSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

const LINE_BYTES_MAX = 64 * 1024;
const SOCKET_SUFFIX = ".sock";

export interface ControlRequest {
  readonly action: "freeze";
  /** Absolute path of the image to write; absent: where the running command would write it. */
  readonly file?: string;
}

export type ControlAnswer =
  | { readonly ok: true; readonly file: string; readonly root: string; readonly bytes: number }
  | { readonly ok: false; readonly reason: string };

export interface ControlServer {
  close(): void;
}

function runtimeFolder(): string {
  const base = process.env.XDG_RUNTIME_DIR;
  if (base !== undefined && base !== "") return join(base, "caper");
  return join(tmpdir(), `caper-${userInfo().username}`);
}

function socketOf(pid: number): string {
  return process.platform === "win32" ? `\\\\.\\pipe\\caper-${pid}` : join(runtimeFolder(), `${pid}${SOCKET_SUFFIX}`);
}

/** Listens for requests to this process. A machine where it can not listen runs on without: `caper freeze` says so then. */
export function serveControl(handle: (request: ControlRequest) => Promise<ControlAnswer>): ControlServer {
  const path = socketOf(process.pid);
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    readLine(socket, (line) => {
      const request = parseRequest(line);
      const answer: Promise<ControlAnswer> =
        request === undefined
          ? Promise.resolve({ ok: false, reason: "the request is not one of this version" })
          : handle(request);
      void answer
        .catch((error: unknown) => ({ ok: false, reason: error instanceof Error ? error.message : String(error) }))
        .then((value) => socket.end(`${JSON.stringify(value)}\n`));
    });
  });
  server.on("error", () => server.close());
  if (!prepareFolder(path)) return Object.freeze({ close: () => undefined });
  server.listen(path);
  // An idle control socket must not keep the command alive.
  server.unref();
  return Object.freeze({
    close(): void {
      server.close();
      if (process.platform !== "win32") rmSync(path, { force: true });
    },
  });
}

/** False where the folder is not ours alone: whoever else owns it must not stand between the user and the command. */
function prepareFolder(socket: string): boolean {
  if (process.platform === "win32") return true;
  try {
    mkdirSync(runtimeFolder(), { recursive: true, mode: 0o700 });
    chmodSync(runtimeFolder(), 0o700);
    rmSync(socket, { force: true });
    return true;
  } catch {
    return false;
  }
}

/** Asks the process to do something; rejects with one sentence if it is not there or goes away. */
export function askControl(pid: number, request: ControlRequest): Promise<ControlAnswer> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketOf(pid));
    const gone = () => reject(new Error(`process ${pid} went away before it answered`));
    socket.on("error", () => reject(new Error(`no running \`caper run\` or \`caper thaw\` has the process id ${pid}`)));
    socket.on("connect", () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on("close", gone);
    readLine(socket, (line) => {
      resolve(JSON.parse(line) as ControlAnswer);
      socket.destroy();
    });
  });
}

/** The process ids that have a control socket; those whose process died are cleaned away. */
export function listControlled(): readonly number[] {
  try {
    return readdirSync(runtimeFolder())
      .filter((name) => name.endsWith(SOCKET_SUFFIX))
      .map((name) => Number(name.slice(0, -SOCKET_SUFFIX.length)))
      .filter((pid) => Number.isInteger(pid) && (isAlive(pid) || forget(pid)))
      .sort((a, b) => a - b);
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function forget(pid: number): false {
  rmSync(socketOf(pid), { force: true });
  return false;
}

function parseRequest(line: string): ControlRequest | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || !("action" in value) || value.action !== "freeze")
      return undefined;
    if (!("file" in value)) return { action: "freeze" };
    return typeof value.file === "string" ? { action: "freeze", file: value.file } : undefined;
  } catch {
    return undefined;
  }
}

/** Calls back once with the first line; a line that is too long ends the connection. */
function readLine(socket: Socket, onLine: (line: string) => void): void {
  let text = "";
  socket.setEncoding("utf8");
  const onData = (chunk: string) => {
    text += chunk;
    const end = text.indexOf("\n");
    if (end >= 0) {
      socket.off("data", onData);
      onLine(text.slice(0, end));
    } else if (text.length > LINE_BYTES_MAX) socket.destroy();
  };
  socket.on("data", onData);
}
