/**
 * Keeps slots at relays, over which peers are reached that nobody can dial. libp2p reserves at a configured relay only once: when the
 * connection or the relay fails, the peer would stay unreachable (js-libp2p issue 3601).
 *
 * @module
 */

import type { Listener, Startable } from "@libp2p/interface";
import { repeatingTask } from "@libp2p/utils";
import type { Multiaddr } from "@multiformats/multiaddr";

interface Components {
  readonly transportManager: {
    listen(addresses: Multiaddr[]): Promise<void>;
    getListeners(): Listener[];
  };
}

/** A service for `createLibp2p`. Starting waits for a first attempt at each relay, but not for its success. */
export function keepRelays(relays: readonly Multiaddr[], intervalMs: number): (components: Components) => Startable {
  return ({ transportManager }) => {
    const slots: { readonly address: Multiaddr; readonly listener: Listener | undefined }[] = [];
    /** Does nothing for a slot that is held. */
    const reserveAgain = async (): Promise<void> => {
      await Promise.allSettled(slots.map(({ address, listener }) => listener?.listen(address)));
    };
    const task = repeatingTask(reserveAgain, intervalMs);
    return {
      start() {},
      async afterStart() {
        for (const relay of relays) {
          const address = relay.encapsulate("/p2p-circuit");
          const others = new Set(transportManager.getListeners());
          await transportManager.listen([address]).catch(() => undefined);
          // Its listener stays, also without a reservation.
          slots.push({ address, listener: transportManager.getListeners().find((listener) => !others.has(listener)) });
        }
        task.start();
      },
      stop() {
        task.stop();
      },
    };
  };
}
