/**
 * Runs the command line as its users do: in a process of its own.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { projectRoot } from "../support/sources.ts";

const CLI = join(projectRoot, "bin/caper.js");

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
}

export function startCaper(
  folder: string,
  args: readonly string[],
  options: { readonly input?: string | Uint8Array; readonly env?: { readonly [name: string]: string } } = {},
): Running {
  const env = { ...process.env, XDG_RUNTIME_DIR: folder, ...options.env };
  const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, env, stdio: "pipe" });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output.stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    output.stderr += chunk;
  });
  if (options.input !== undefined) child.stdin.end(options.input);
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...output }));
  });
  return { child, ended };
}

/** Resolves when it has written the text, in however many pieces; call it in the turn that started it, so that none is missed. */
export function says({ child, ended }: Running, text: string, stream: "stdout" | "stderr" = "stdout"): Promise<void> {
  let seen = "";
  return new Promise((resolve, reject) => {
    child[stream]?.on("data", (chunk: string) => {
      seen += chunk;
      if (seen.includes(text)) resolve();
    });
    void ended.then(({ stderr }) => reject(new Error(`ended without ${JSON.stringify(text)}: ${stderr}`)), reject);
  });
}

export function caper(folder: string, ...args: readonly string[]): Promise<Outcome> {
  return startCaper(folder, args, { input: "" }).ended;
}
