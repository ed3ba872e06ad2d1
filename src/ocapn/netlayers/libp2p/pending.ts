/**
 * Connections that came in and have proven nothing yet: so many; of more the oldest goes. libp2p's own bound refuses the newest, so that silent strangers
 * could keep out everybody; an honest peer proves its key at once.
 *
 * @module
 */

import type { ConnectionGater, MultiaddrConnection } from "@libp2p/interface";

/** Denies nobody: it is asked at the beginning and at the end of what it bounds. */
export function boundPending(
  pendingMax: number,
): Pick<ConnectionGater, "denyInboundConnection" | "denyInboundUpgradedConnection"> {
  const pending = new Set<MultiaddrConnection>();
  return {
    denyInboundConnection(connection) {
      const [oldest] = pending;
      if (oldest !== undefined && pending.size >= pendingMax) {
        pending.delete(oldest);
        oldest.abort(new Error("too many connections at once that have proven nothing"));
      }
      pending.add(connection);
      connection.addEventListener("close", () => pending.delete(connection));
      return false;
    },
    denyInboundUpgradedConnection(_peer, connection) {
      pending.delete(connection);
      return false;
    },
  };
}
