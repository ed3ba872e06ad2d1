/**
 * The messages of CapTP (CapTP draft, Operations): the wire as one table.
 *
 * @module
 */

import type { SyrupReader } from "../../passable/index.ts";
import {
  boolean,
  imported,
  optional,
  passables,
  peerLocator,
  position,
  positions,
  publicKey,
  signature,
  target,
  text,
  trailing,
} from "./fields.ts";
import type { Hooks } from "./hooks.ts";
import { type RecordCodec, record } from "./record.ts";

export const START_SESSION = record("op:start-session", {
  captpVersion: text,
  sessionPublicKey: publicKey,
  location: peerLocator,
  locationSignature: signature,
});

export const ABORT = record("op:abort", { reason: text });

export const DELIVER = record("op:deliver", {
  to: target,
  args: passables,
  answerPosition: optional(position),
  resolveMe: optional(imported),
});

/** The draft has no third field, the implementations do: to be told of promises on the way, too. We are told when it is over. */
export const LISTEN = record("op:listen", { to: target, resolveMe: imported, wantsPartial: trailing(boolean, false) });

export const GET = record("op:get", { receiver: target, fieldName: text, answerPosition: position });

export const INDEX = record("op:index", { receiver: target, index: position, answerPosition: position });

export const UNTAG = record("op:untag", { receiver: target, tag: text, answerPosition: position });

export const GC_EXPORTS = record("op:gc-exports", { exportPositions: positions, wireDeltas: positions });

export const GC_ANSWERS = record("op:gc-answers", { answerPositions: positions });

const MESSAGES = [START_SESSION, ABORT, DELIVER, LISTEN, GET, INDEX, UNTAG, GC_EXPORTS, GC_ANSWERS] as const;

type Read<C> = C extends RecordCodec<infer L, infer V> ? { readonly type: L } & V : never;

export type CaptpMessage = Read<(typeof MESSAGES)[number]>;

const BY_LABEL: ReadonlyMap<string, (typeof MESSAGES)[number]> = new Map(MESSAGES.map((codec) => [codec.label, codec]));

/** Throws a `PassableError` for what is no message of CapTP. */
export function readMessage(reader: SyrupReader, hooks: Hooks): CaptpMessage {
  reader.beginRecord();
  const label = reader.readSymbol();
  const codec = BY_LABEL.get(label);
  return codec === undefined
    ? reader.fail(`no message of CapTP: ${label.slice(0, 64)}`)
    : codec.readBody(reader, hooks);
}
