/**
 * A peer that says whatever a test wants, byte by byte, after a hello that is right (or is not).
 *
 * @module
 */
import {
  decodeSyrup,
  encodeSyrup,
  makeSelector,
  Selector,
  SyrupReader,
  SyrupRecord,
  SyrupSplitter,
  type SyrupValue,
  SyrupWriter,
} from "../../passable/index.ts";
import { publicIdentifier, sessionIdentifier } from "../captp/identity.ts";
import { giveToSign, locationToSign, NO_REFERENCES, receiveToSign, type SignedGive } from "../codecs/descriptors.ts";
import { writePublicKey, writeSignature } from "../codecs/keys.ts";
import { readMessage } from "../codecs/messages.ts";
import type { SigningKey } from "../keys.ts";
import type { PeerLocator } from "../locator.ts";
import type { Connection, ConnectionHandler, Netlayer } from "../netlayer.ts";
import { ED25519, type Peers, randomOf, turn } from "./fixture.conformance.ts";

export function record(label: string, ...fields: readonly SyrupValue[]): SyrupRecord {
  return new SyrupRecord(makeSelector(label), fields);
}

export const exported = (position: number): SyrupRecord => record("desc:export", BigInt(position));
export const answer = (position: number): SyrupRecord => record("desc:answer", BigInt(position));
export const object = (position: number): SyrupRecord => record("desc:import-object", BigInt(position));
export const promise = (position: number): SyrupRecord => record("desc:import-promise", BigInt(position));

export interface DeliverFields {
  readonly to: SyrupValue;
  readonly args: readonly SyrupValue[];
  readonly answerPosition?: number;
  readonly resolveMe?: SyrupValue;
}

export function deliverMessage({ to, args, answerPosition, resolveMe = false }: DeliverFields): SyrupRecord {
  return record("op:deliver", to, args, answerPosition === undefined ? false : BigInt(answerPosition), resolveMe);
}

export interface HelloInit {
  readonly version?: string;
  readonly key?: SigningKey;
  readonly location?: PeerLocator;
  /** What is signed instead of the location. */
  readonly signed?: Uint8Array;
}

/** As a Syrup value; keys and signatures are written by the codecs. */
function asValue(write: (writer: SyrupWriter) => void): SyrupValue {
  const writer = new SyrupWriter();
  write(writer);
  return decodeSyrup(writer.take());
}

export const keyValue = (key: Uint8Array): SyrupValue => asValue((writer) => writePublicKey(writer, key));
export const signatureValue = (bytes: Uint8Array): SyrupValue => asValue((writer) => writeSignature(writer, bytes));

export function locationValue({ transport, designator }: PeerLocator): SyrupValue {
  return record("ocapn-peer", makeSelector(transport), designator, false);
}

/** Messages that are kept; of more, only those that end the session, and the first for each resolver. */
const KEPT_MAX = 50_000;

export class RawPeer implements ConnectionHandler {
  readonly connection: Connection;
  readonly location: PeerLocator;
  readonly key: SigningKey = ED25519.makeKey(randomOf(32));
  /** Messages as they came. */
  readonly received: SyrupRecord[] = [];
  readonly #resolutions = new Map<bigint, readonly [string, SyrupValue]>();
  /** Undefined while the connection is there. */
  closed: { readonly error: Error | undefined } | undefined;
  peerKey: Uint8Array | undefined;
  readonly #splitter: SyrupSplitter = new SyrupSplitter();

  constructor(connection: Connection, location: PeerLocator) {
    this.connection = connection;
    this.location = location;
  }

  /** Connected, and nothing said yet. */
  static async dial(peers: Peers, name: string, to: string): Promise<RawPeer> {
    const netlayer = peers.network.makeNetlayer(name);
    return RawPeer.over(netlayer, { ...netlayer.location, designator: to });
  }

  static async over(netlayer: Netlayer, to: PeerLocator): Promise<RawPeer> {
    let raw: RawPeer | undefined;
    await netlayer.connect(to, (connection) => {
      raw = new RawPeer(connection, netlayer.location);
      return raw;
    });
    return raw as unknown as RawPeer;
  }

  /** With a session. */
  static async meet(peers: Peers, name: string, to: string): Promise<RawPeer> {
    const raw = await RawPeer.dial(peers, name, to);
    raw.hello();
    await raw.until(() => raw.peerKey !== undefined);
    return raw;
  }

  onData(bytes: Uint8Array): void {
    this.#splitter.push(bytes, (message) => {
      const value = decodeSyrup(message.slice()) as SyrupRecord;
      const label = labelOfValue(value);
      if (this.received.length < KEPT_MAX || label === "op:abort") this.received.push(value);
      if (label === "op:deliver") this.#noteResolution(value);
      if (label !== "op:start-session") return;
      const hello = readMessage(new SyrupReader(message), NO_REFERENCES);
      if (hello.type === "op:start-session") this.peerKey = hello.sessionPublicKey;
    });
  }

  onClose(error?: Error): void {
    this.closed = { error };
  }

  sendBytes(bytes: Uint8Array): void {
    this.connection.send([bytes]);
  }

  send(...messages: readonly SyrupValue[]): void {
    this.connection.send(messages.map((message) => encodeSyrup(message)));
  }

  deliver(fields: DeliverFields): void {
    this.send(deliverMessage(fields));
  }

  hello(init: HelloInit = {}): void {
    const { version = "1.0", key = this.key, location = this.location } = init;
    const signature = this.key.sign(init.signed ?? locationToSign({ ...location, hints: false }));
    this.send(
      record("op:start-session", version, keyValue(key.publicKey), locationValue(location), signatureValue(signature)),
    );
  }

  /** What the peer said when it ended the session. */
  get abortReason(): string | undefined {
    const abort = this.received.find((message) => labelOfValue(message) === "op:abort");
    return abort === undefined ? undefined : (abort.fields[0] as string);
  }

  async until(isDone: () => boolean): Promise<void> {
    for (let at = 0; at < 1_000 && !isDone(); at += 1) await turn();
    if (!isDone())
      throw new Error(`raw peer: what was waited for has not come; ${this.abortReason ?? "the session goes on"}`);
  }

  /** The reason; fails if the session goes on. */
  async aborted(): Promise<string> {
    await this.until(() => this.abortReason !== undefined && this.closed !== undefined);
    return this.abortReason as string;
  }

  #noteResolution({ fields }: SyrupRecord): void {
    const [to, args] = fields as readonly [SyrupRecord, readonly SyrupValue[]];
    const [selector, value] = args;
    const position = to.fields[0];
    if (!(selector instanceof Selector) || typeof position !== "bigint" || this.#resolutions.has(position)) return;
    this.#resolutions.set(position, [selector.name, value as SyrupValue]);
  }

  /** What came to the resolver at that position: `fulfill` or `break`, and the value. */
  resolution(position: number): readonly [string, SyrupValue] | undefined {
    return this.#resolutions.get(BigInt(position));
  }

  async resolved(position: number): Promise<readonly [string, SyrupValue]> {
    await this.until(() => this.resolution(position) !== undefined);
    return this.resolution(position) as readonly [string, SyrupValue];
  }

  /** The position at which the peer has exported what it serves under that swiss number. */
  async fetch(swissNumber: Uint8Array, at = 1): Promise<number> {
    const args = [makeSelector("fetch"), swissNumber];
    this.deliver({ to: exported(0), args, resolveMe: object(at) });
    const [name, value] = await this.resolved(at);
    if (name !== "fulfill") throw new Error("fetch: it was refused");
    return Number((value as SyrupRecord).fields[0]);
  }

  get side(): Uint8Array {
    return publicIdentifier(this.key.publicKey);
  }

  get sessionId(): Uint8Array {
    return sessionIdentifier(this.side, publicIdentifier(this.peerKey as Uint8Array));
  }
}

export function labelOfValue(value: SyrupValue): string {
  return value instanceof SyrupRecord && value.label instanceof Selector ? value.label.name : "";
}

/** A certificate for a gift that `gifter` has deposited at `exporter`. */
export function makeGive(init: {
  readonly gifter: RawPeer;
  readonly exporter: PeerLocator;
  readonly receiverKey: Uint8Array;
  readonly giftId: Uint8Array;
}): SignedGive {
  const { gifter, exporter, receiverKey, giftId } = init;
  const signed = {
    receiverKey,
    exporterLocation: exporter,
    session: gifter.sessionId,
    gifterSide: gifter.side,
    giftId,
  };
  return { signed, signature: gifter.key.sign(giveToSign(signed)) };
}

export function giveValue({ signed, signature }: SignedGive): SyrupValue {
  const give = record(
    "desc:handoff-give",
    keyValue(signed.receiverKey),
    locationValue(signed.exporterLocation),
    signed.session,
    signed.gifterSide,
    signed.giftId,
  );
  return record("desc:sig-envelope", give, signatureValue(signature));
}

/** What the receiver shows to the exporter. */
export function receiveValue(init: {
  readonly receiver: RawPeer;
  readonly certificate: SignedGive;
  readonly handoffCount: number;
  /** Whose session it says it is for, if not the receiver's own. */
  readonly session?: Uint8Array;
  readonly side?: Uint8Array;
  readonly key?: SigningKey;
}): SyrupValue {
  const { receiver, certificate, handoffCount, key = receiver.key } = init;
  const { session = receiver.sessionId, side = receiver.side } = init;
  const signed = { receivingSession: session, receivingSide: side, handoffCount, signedGive: certificate };
  const receive = record("desc:handoff-receive", session, side, BigInt(handoffCount), giveValue(certificate));
  return record("desc:sig-envelope", receive, signatureValue(key.sign(receiveToSign(signed))));
}
