/**
 * What `--wire` and `--record` show and keep of the messages between peers: lines without secrets.
 *
 * @module
 */
import type { Command } from "commander";
import {
  describeMessage,
  describeOperation,
  describePeer,
  formatPeerUri,
  parsePeerUri,
  type WireEvent,
} from "../ocapn/index.ts";
import { describeSystemError } from "./errors.ts";
import { oneLine } from "./library-errors.ts";
import { openLineFile } from "./line-files.ts";

/** Of one `--record` file. */
export const RECORD_LINES_MAX = 1_000_000;

export interface WireOptions {
  readonly wire?: boolean;
  readonly record?: string;
}

export interface WireOutput extends Disposable {
  /** Absent where nobody wants to see anything. */
  readonly onWire?: (event: WireEvent) => void;
}

export function addWireOptions(command: Command): Command {
  return command
    .option("--wire", "show the messages on standard error, without their secrets")
    .option("--record <file.jsonl>", "write them to a file, likewise; see caper wire");
}

export function openWireOutput({ wire = false, record }: WireOptions): WireOutput {
  if (record === undefined) return { ...(wire ? { onWire: show } : {}), [Symbol.dispose]: () => undefined };
  const file = openLineFile(record, RECORD_LINES_MAX);
  let isBroken = false;
  return {
    onWire(event: WireEvent): void {
      if (wire) show(event);
      if (isBroken) return;
      try {
        file.write(wireRecordToJson(makeWireRecord(event, Date.now())));
      } catch (error) {
        isBroken = true;
        const why = describeSystemError(error);
        process.stderr.write(`caper: ${record}: cannot be written: ${why}; nothing more is recorded\n`);
      }
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

function show(event: WireEvent): void {
  process.stderr.write(`${describeMessage(event)}\n`);
}

/** One message of a recorded session. */
export interface WireRecord {
  /** ISO 8601. */
  readonly time: string;
  readonly direction: "in" | "out";
  /** The peer's locator without hints, as a URI. */
  readonly peer: string;
  /** Begins with the name of the operation. */
  readonly line: string;
}

function makeWireRecord({ direction, peer, message }: WireEvent, timeMs: number): WireRecord {
  return {
    time: new Date(timeMs).toISOString(),
    direction,
    peer: formatPeerUri({ ...peer, hints: false }),
    line: describeOperation(message),
  };
}

function wireRecordToJson(record: WireRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** Throws for what is none. */
export function parseWireRecord(text: string): WireRecord {
  const { time, direction, peer, line } = JSON.parse(text) as { readonly [name: string]: unknown };
  if (typeof time !== "string" || typeof peer !== "string" || typeof line !== "string")
    throw new TypeError("record: expected texts");
  if (direction !== "in" && direction !== "out") throw new TypeError("direction: expected in or out");
  parsePeerUri(peer);
  return { time, direction, peer, line };
}

export function describeWireRecord({ time, direction, peer, line }: WireRecord): string {
  return oneLine(`${time} ${direction === "out" ? "->" : "<-"} ${describePeer(parsePeerUri(peer))}  ${line}`);
}
