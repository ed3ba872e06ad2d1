/**
 * OCapN over libp2p in Node, an entry of its own: whoever uses other netlayers does not load it.
 *
 * @module
 */

export { type NodeLibp2pInit, type NodeLibp2pNetlayer, type RelayInit, startNodeLibp2p } from "./start.ts";
