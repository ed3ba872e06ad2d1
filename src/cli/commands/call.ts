/**
 * `caper call <uri> [method] args…`: calls an object of another peer, and prints the answer.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { Command } from "commander";
import { makeNodeOcapn } from "../../node/index.ts";
import { E, type Ocapn, parseSturdyrefUri } from "../../ocapn/index.ts";
import { CliError } from "../errors.ts";
import { startDialling } from "../peers.ts";
import { explainCall, explainLookUp } from "../remote-errors.ts";
import { describeAnswer, parseArgument } from "../remote-values.ts";
import { addWireOptions, openWireOutput, type WireOptions } from "../wire-output.ts";

interface CallOptions extends WireOptions {
  readonly function?: boolean;
  readonly get?: string;
  readonly timeout: string;
}

const TIMEOUT_S_MAX = 1_000_000;
const METHOD = /^[A-Za-z_$][\w$:?!-]*$/;
const REFERENCE = /^ocapn:\/\//i;

export function addCallCommand(program: Command): void {
  const command = program
    .command("call")
    .description("call an object that another peer serves, and print the answer")
    .argument(
      "<uri>",
      "what serve printed: ocapn://…/s/…; or -: a line of standard input, which other users do not see",
    )
    .argument(
      "[words...]",
      "a method and its arguments: JSON, 12n, or else strings; ocapn://… is the object there; -- before a dash",
    )
    .option("--function", "call the object itself: all words are arguments")
    .option("--get <path>", "only this part of the answer, like name or items.0")
    .option("--timeout <seconds>", "how long to wait for the answer", "30");
  addWireOptions(command).action(call);
}

async function call(named: string, words: readonly string[], options: CallOptions): Promise<void> {
  const uri = named === "-" ? readLine() : named;
  const timeoutMs = parseTimeout(options.timeout);
  const path = options.get?.split(".") ?? [];
  if (words[0] === "then" || path.includes("then")) {
    throw new CliError("usage", "call: then cannot be asked for: it would make a promise of whatever has it");
  }
  const transports = new Set([uri, ...words.filter(isReference)].map(transportOf));
  using wire = openWireOutput(options);
  const netlayers = await startDialling(transports);
  const { onWire } = wire;
  const peer = makeNodeOcapn({ netlayers, ...(onWire === undefined ? {} : { onWire }) });
  const over = new AbortController();
  try {
    const answer = await Promise.race([
      ask(peer, uri, { words, path, isFunction: options.function === true }),
      lateness(timeoutMs, over.signal),
    ]);
    process.stdout.write(`${describeAnswer(answer)}\n`);
  } finally {
    over.abort();
    await peer.close();
  }
}

interface Request {
  readonly words: readonly string[];
  readonly path: readonly string[];
  /** All words are arguments. */
  readonly isFunction: boolean;
}

async function ask(peer: Ocapn, uri: string, { words, path, isFunction }: Request): Promise<unknown> {
  const find = (text: string): Promise<unknown> =>
    peer.enliven(text).catch((error: unknown) => Promise.reject(explainLookUp(error)));
  const [target, ...given] = await Promise.all([
    find(uri),
    ...words.map((word) => (isReference(word) ? find(word) : parseArgument(word))),
  ]);
  const [method = ""] = words;
  const isMethod = !isFunction && METHOD.test(method) && !isLiteral(method);
  try {
    return await take(isMethod ? send(target, given.slice(1), method) : send(target, given), path);
  } catch (error) {
    throw explainCall(error);
  }
}

type AnyMethods = { readonly [method: string]: (...args: readonly unknown[]) => Promise<unknown> };
type AnyFunction = (...args: readonly unknown[]) => Promise<unknown>;

function send(target: unknown, args: readonly unknown[], method?: string): Promise<unknown> {
  if (method === undefined) return E(target as AnyFunction)(...args) as Promise<unknown>;
  return (E(target as AnyMethods)[method] as AnyFunction)(...args);
}

/** In the same round trip as the call. */
function take(answer: Promise<unknown>, path: readonly string[]): Promise<unknown> {
  return path.reduce((value, name) => {
    const parts = E.get(value as Promise<{ readonly [name: string]: unknown }>);
    return parts[name] as Promise<unknown>;
  }, answer);
}

function readLine(): string {
  return readFileSync(process.stdin.fd, "utf8").split("\n")[0]?.trim() ?? "";
}

function isReference(word: string): boolean {
  return REFERENCE.test(word);
}

/** `caper call <uri> true` means the value. */
function isLiteral(word: string): boolean {
  return word === "true" || word === "false" || word === "null";
}

function transportOf(uri: string): string {
  try {
    return parseSturdyrefUri(uri).peer.transport;
  } catch (error) {
    throw explainLookUp(error);
  }
}

function parseTimeout(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds <= 0 || seconds > TIMEOUT_S_MAX)
    throw new CliError("usage", `--timeout: expected seconds, up to ${TIMEOUT_S_MAX}, got ${JSON.stringify(text)}`);
  return Math.ceil(seconds * 1000);
}

async function lateness(timeoutMs: number, signal: AbortSignal): Promise<never> {
  await wait(timeoutMs, undefined, { signal });
  const seconds = timeoutMs / 1000;
  throw new CliError(
    "broken",
    `no answer within ${seconds} s; the call may have had its effect; wait longer with --timeout`,
  );
}
