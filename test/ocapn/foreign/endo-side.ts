/**
 * Endo's packages/ocapn as one side, from the checkout that CAPER_ENDO names. It has no sturdyref URIs: those are taken apart here.
 *
 * @module
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { formatSturdyrefUri, parseSturdyrefUri } from "../../../src/ocapn/index.ts";
import type { Kit } from "./programs.ts";
import { type NetlayerName, type Side, SWISS_NUMBER } from "./side.ts";

const MODULES = [
  "eventual-send/src/no-shim.js",
  "marshal/index.js",
  "ocapn/src/client/index.js",
  "ocapn/src/client/util.js",
  "ocapn/src/netlayers/tcp-test-only.js",
  "ocapn/src/netlayers/websocket.js",
  "bytes/from-immutable.js",
  "bytes/to-immutable.js",
];

async function loadModules(checkout: string): Promise<any> {
  const load = (file: string) => import(pathToFileURL(join(checkout, "packages", file)).href);
  // Locks this process' built-ins down, which the others need.
  await load("init/index.js");
  return Object.assign({}, ...(await Promise.all(MODULES.map(load))));
}

export async function makeEndoSide(checkout: string, netlayer: NetlayerName): Promise<Side> {
  const endo = await loadModules(checkout);
  const client = endo.makeClient({ debugLabel: "endo" });
  const { location } = await client.registerNetlayer((handlers: object, logger: object) =>
    netlayer === "websocket"
      ? endo.makeWebSocketNetLayer({ handlers, logger })
      : endo.makeTcpNetLayer({
          handlers,
          logger,
          // Peers are told apart by it.
          specifiedDesignator: `endo-${process.pid}`,
          framing: netlayer === "tcp-raw" ? "none" : "syrup",
        }),
  );
  const kit: Kit = {
    E: endo.E,
    Far: endo.Far,
    makeBytes: (bytes) => endo.bytesToImmutable(Uint8Array.from(bytes)),
    readBytes: (value) => [...endo.bytesFromImmutable(value)],
  };
  return {
    kit,
    serve(object) {
      client.registerSturdyRef(SWISS_NUMBER, object);
      const { transport, designator, hints } = location;
      return formatSturdyrefUri({
        peer: { transport, designator, hints },
        swissNumber: new TextEncoder().encode(SWISS_NUMBER),
      });
    },
    fetch(uri) {
      const { peer, swissNumber } = parseSturdyrefUri(uri);
      const sturdyref = client.makeSturdyRef({ type: "ocapn-peer", ...peer }, endo.swissnumFromBytes(swissNumber));
      return client.enlivenSturdyRef(sturdyref);
    },
    close: () => client.shutdown(),
  };
}
