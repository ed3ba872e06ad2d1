/**
 * One peer of a system under test: what it serves, where it is, and how it reaches others.
 *
 * @module
 */
import type { Fetch, Kit } from "./programs.ts";

export type NetlayerName = "tcp-prefixed" | "tcp-raw" | "websocket";
export type SystemName = "caper" | "endo";

export interface Side {
  readonly kit: Kit;
  readonly fetch: Fetch;
  /** Offers the object; answers its sturdyref URI. */
  serve(object: object): string;
  close(): void | Promise<void>;
}

/** The swiss number of what each side serves. Endo takes only ASCII. */
export const SWISS_NUMBER = "the-desk-of-this-peer";
