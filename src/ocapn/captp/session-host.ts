/**
 * What a session needs of the peer it belongs to.
 *
 * @module
 */

import type { SyrupWriter } from "../../passable/index.ts";
import type { SignedGive } from "../codecs/descriptors.ts";
import type { OcapnError } from "../errors.ts";
import type { Presence } from "./import-table.ts";
import type { Session } from "./session.ts";

export interface SessionHost {
  /** What stands at position 0 for this session's peer. */
  makeBootstrap(session: Session): object;
  /**
   * Hands an object of another session over: writes the certificate for the peer of `receiver`, and returns what deposits the object, to be
   * called when the message goes out. Undefined where it cannot be handed over.
   */
  give(handoff: {
    readonly receiver: Session;
    readonly reference: object;
    readonly presence: Presence;
    readonly writer: SyrupWriter;
  }): (() => void) | undefined;
  /** A promise for the gift of which the peer of `gifter` sent the certificate. */
  receive(gifter: Session, certificate: SignedGive): Promise<unknown>;
  /** Gifts of this session's peer: those that nobody has withdrawn, and those that somebody waits for. */
  giftsOf(session: Session): number;
  onSessionEnd(session: Session, reason: OcapnError): void;
}
