/**
 * Where a peer is, and what object there (OCapN Locators draft).
 *
 * @module
 */

/** Designator and transport say which peer; hints only help to find it, and take no part in equality. */
export interface PeerLocator {
  readonly transport: string;
  readonly designator: string;
  readonly hints: { readonly [name: string]: string } | false;
}

/** Who knows it can get the object: it is a capability. */
export interface SturdyrefLocator {
  readonly peer: PeerLocator;
  /** Secret. */
  readonly swissNumber: Uint8Array;
}
