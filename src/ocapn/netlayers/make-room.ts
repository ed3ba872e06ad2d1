/**
 * Room for one more connection that came in. Where there is none, the oldest goes that nobody uses: one in its handshake, or on its way out. Neither takes
 * an honest peer long, so that who takes long for it cannot keep out others.
 *
 * @module
 */
import { OcapnError } from "../errors.ts";

/** A connection that came in. */
export interface Incoming {
  /** Past its handshake, and not on its way out. */
  readonly isInUse: boolean;
  /** Ends it at once. */
  fail(error: OcapnError): void;
}

/**
 * Says whether there is room now. The set has them in the order in which they came; the one that goes is taken out of it.
 *
 * @param name begins the reason that the one that goes is told
 */
export function makeRoom<T extends Incoming>(incoming: Set<T>, connectionsMax: number, name = ""): boolean {
  if (incoming.size < connectionsMax) return true;
  for (const connection of incoming) {
    if (connection.isInUse) continue;
    incoming.delete(connection);
    connection.fail(new OcapnError("limit", `${name}more than ${connectionsMax} connections at once`));
    return true;
  }
  return false;
}
