/**
 * The messages of CapTP (CapTP draft, Operations): the wire as one table.
 *
 * @module
 */

import type { SyrupReader } from "../../passable/index.ts";
import type { PeerLocator } from "../locator.ts";
import {
  boolean,
  type Import,
  imported,
  optional,
  passables,
  peerLocator,
  position,
  positions,
  publicKey,
  signature,
  type Target,
  target,
  text,
  trailing,
} from "./fields.ts";
import type { Hooks } from "./hooks.ts";
import { type RecordCodec, record } from "./record.ts";

export interface StartSession {
  readonly captpVersion: string;
  readonly sessionPublicKey: Uint8Array;
  readonly location: PeerLocator;
  readonly locationSignature: Uint8Array;
}
export const START_SESSION: RecordCodec<"op:start-session", StartSession> = record("op:start-session", {
  captpVersion: text,
  sessionPublicKey: publicKey,
  location: peerLocator,
  locationSignature: signature,
});

export interface Abort {
  readonly reason: string;
}
export const ABORT: RecordCodec<"op:abort", Abort> = record("op:abort", { reason: text });

export interface Deliver {
  readonly to: Target;
  readonly args: readonly unknown[];
  readonly answerPosition: number | false;
  readonly resolveMe: Import | false;
}
export const DELIVER: RecordCodec<"op:deliver", Deliver> = record("op:deliver", {
  to: target,
  args: passables,
  answerPosition: optional(position),
  resolveMe: optional(imported),
});

export interface Listen {
  readonly to: Target;
  readonly resolveMe: Import;
  /** Not in the draft, but in the implementations: to be told of promises on the way, too. We are told when it is over. */
  readonly wantsPartial: boolean;
}
export const LISTEN: RecordCodec<"op:listen", Listen> = record("op:listen", {
  to: target,
  resolveMe: imported,
  wantsPartial: trailing(boolean, false),
});

export interface Get {
  readonly receiver: Target;
  readonly fieldName: string;
  readonly answerPosition: number;
}
export const GET: RecordCodec<"op:get", Get> = record("op:get", {
  receiver: target,
  fieldName: text,
  answerPosition: position,
});

export interface Index {
  readonly receiver: Target;
  readonly index: number;
  readonly answerPosition: number;
}
export const INDEX: RecordCodec<"op:index", Index> = record("op:index", {
  receiver: target,
  index: position,
  answerPosition: position,
});

export interface Untag {
  readonly receiver: Target;
  readonly tag: string;
  readonly answerPosition: number;
}
export const UNTAG: RecordCodec<"op:untag", Untag> = record("op:untag", {
  receiver: target,
  tag: text,
  answerPosition: position,
});

export interface GcExports {
  readonly exportPositions: readonly number[];
  readonly wireDeltas: readonly number[];
}
export const GC_EXPORTS: RecordCodec<"op:gc-exports", GcExports> = record("op:gc-exports", {
  exportPositions: positions,
  wireDeltas: positions,
});

export interface GcAnswers {
  readonly answerPositions: readonly number[];
}
export const GC_ANSWERS: RecordCodec<"op:gc-answers", GcAnswers> = record("op:gc-answers", {
  answerPositions: positions,
});

const MESSAGES = [START_SESSION, ABORT, DELIVER, LISTEN, GET, INDEX, UNTAG, GC_EXPORTS, GC_ANSWERS] as const;

type Typed<L extends string, V> = { readonly type: L } & V;

export type CaptpMessage =
  | Typed<"op:start-session", StartSession>
  | Typed<"op:abort", Abort>
  | Typed<"op:deliver", Deliver>
  | Typed<"op:listen", Listen>
  | Typed<"op:get", Get>
  | Typed<"op:index", Index>
  | Typed<"op:untag", Untag>
  | Typed<"op:gc-exports", GcExports>
  | Typed<"op:gc-answers", GcAnswers>;

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
