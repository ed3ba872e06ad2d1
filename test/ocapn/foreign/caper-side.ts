/**
 * Caper as one side.
 *
 * @module
 */
import { E } from "../../../src/ocapn/index.ts";
import { Far } from "../../../src/passable/index.ts";
import { makeCaperPeer } from "./caper-peer.ts";
import type { Kit } from "./programs.ts";
import { type NetlayerName, type Side, SWISS_NUMBER } from "./side.ts";

const kit: Kit = {
  E,
  Far,
  makeBytes: (bytes) => Uint8Array.from(bytes),
  readBytes: (value) => [...(value as Uint8Array)],
};

export async function makeCaperSide(netlayer: NetlayerName): Promise<Side> {
  const peer = await makeCaperPeer(netlayer);
  return {
    kit,
    fetch: (uri) => peer.enliven(uri),
    serve: (object) => peer.serve(object, { swissNumber: new TextEncoder().encode(SWISS_NUMBER) }),
    close: () => peer.close(),
  };
}
