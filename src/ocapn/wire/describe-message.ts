/**
 * Messages of CapTP as readable lines without secrets, for whoever watches or keeps what a peer says (`onWire`).
 *
 * @module
 */

import { decodeSyrup, describeSyrup, Selector, SyrupRecord, type SyrupValue } from "../../passable/index.ts";
import { BOOTSTRAP } from "../captp/positions.ts";
import type { WireEvent } from "../client/ocapn.ts";
import { WIRE_LINE_LENGTH_MAX } from "../limits.ts";
import type { PeerLocator } from "../locator.ts";
import { blot, shortDesignator } from "./blot.ts";

/** What stands before the fields of each operation; "" shows the field as it is. */
const FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ["op:start-session", ["", "", "", ""]],
  ["op:deliver", ["", "", "answer", "resolver"]],
  ["op:listen", ["", "resolver", "partial"]],
  ["op:get", ["", "", "answer"]],
  ["op:index", ["", "", "answer"]],
  ["op:untag", ["", "", "answer"]],
  ["op:gc-exports", ["", "deltas"]],
  ["op:gc-answers", [""]],
  ["op:abort", [""]],
]);

const SHOWN = { textShownMax: 80, itemsShownMax: 16 } as const;

/** `-> k3jx7qpaw2….websocket  op:deliver <desc:export 5> ['drive 1.5] answer 3 resolver 7`. Never throws. */
export function describeMessage({ direction, peer, message }: WireEvent): string {
  return `${direction === "out" ? "->" : "<-"} ${describePeer(peer)}  ${describeOperation(message)}`;
}

/** Short, and one word. */
export function describePeer({ designator, transport }: PeerLocator): string {
  // A peer chooses its designator, and must not play with the terminal.
  return `${shortDesignator(designator)}.${transport}`.replace(/[^\x21-\x7e…]/g, "?");
}

/** The message alone. It begins with the name of its operation. */
export function describeOperation(message: Uint8Array): string {
  const operation = decode(message);
  if (operation === undefined) return `${message.length} bytes that are no message of CapTP`;
  const { name, fields, words } = operation;
  const parts = fields.flatMap((field, at) => describeField(words[at] ?? "", field));
  const line = [name, ...parts].join(" ");
  return line.length <= WIRE_LINE_LENGTH_MAX ? line : `${line.slice(0, WIRE_LINE_LENGTH_MAX - 1)}…`;
}

function decode(
  message: Uint8Array,
): { readonly name: string; readonly fields: readonly SyrupValue[]; readonly words: readonly string[] } | undefined {
  try {
    const value = decodeSyrup(message);
    if (!(value instanceof SyrupRecord) || !(value.label instanceof Selector)) return undefined;
    const { name } = value.label;
    const words = FIELDS.get(name);
    if (words === undefined) return undefined;
    const isToBootstrap = name === "op:deliver" && positionOf(value.fields[0], "desc:export") === BigInt(BOOTSTRAP);
    const fields = isToBootstrap ? blotRequest(value.fields) : value.fields;
    return { name, fields: fields.map(blot), words };
  } catch {
    return undefined;
  }
}

/** Whatever the bootstrap object is given as text may be a swiss number, or name a gift. */
function blotRequest([to, args, ...rest]: readonly SyrupValue[]): readonly SyrupValue[] {
  if (to === undefined || !Array.isArray(args)) return [];
  const [method, ...given] = args as readonly SyrupValue[];
  const shown = given.map((value) => (isText(value) ? new SyrupRecord(new Selector("secret"), []) : value));
  return [to, method === undefined ? [] : [method, ...shown], ...rest];
}

function isText(value: SyrupValue): boolean {
  return typeof value === "string" || typeof value === "bigint" || value instanceof Selector;
}

function describeField(word: string, field: SyrupValue): readonly string[] {
  if (word === "") return [describeSyrup(field, SHOWN)];
  if (field === false) return [];
  const position = positionOf(field, "desc:import-object");
  return [word, position === undefined ? describeSyrup(field, SHOWN) : String(position)];
}

function positionOf(value: SyrupValue | undefined, label: string): bigint | undefined {
  if (!(value instanceof SyrupRecord) || !(value.label instanceof Selector) || value.label.name !== label)
    return undefined;
  const [position] = value.fields;
  return typeof position === "bigint" ? position : undefined;
}
