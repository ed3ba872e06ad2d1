/**
 * OCapN over libp2p, an entry of its own: whoever uses other netlayers does not load it.
 *
 * @module
 */

export { startBrowserLibp2p } from "./browser.ts";
export { makeLibp2pLocation } from "./location.ts";
export { CAPTP_PROTOCOL, type Libp2pNetlayerInit, makeLibp2pNetlayer } from "./netlayer.ts";
export { type Libp2pPeerInit, makePeerOptions, readAddresses } from "./peer-options.ts";
