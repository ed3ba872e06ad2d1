/**
 * Bounds of the libp2p netlayer.
 *
 * @module
 */

/** Streams of our protocol between two peers, each way. One is usual, a few when both dial at once. */
export const STREAMS_PER_PEER_MAX = 32;

/** Addresses in a locator. */
export const ADDRESSES_MAX = 16;

export const ADDRESS_LENGTH_MAX = 512;

/** What one Noise message carries (65,519 bytes) less yamux's header: a chunk is one frame, and one message. */
export const CHUNK_BYTES_MAX = 65_507;

/** Encrypted, in one system call or WebSocket message. */
export const WRITE_BYTES_MAX = 131_072;

/** To find, reach and authenticate a peer. */
export const CONNECT_TIMEOUT_MS = 15_000;

/** What was sent before `close` has that long to go out, and the peer to end its side. */
export const CLOSE_TIMEOUT_MS = 10_000;

/** What a peer may send on one stream before it must wait for us. */
export const WINDOW_BYTES_MAX = 2_097_152;

/**
 * Of one stream, when libp2p itself writes faster than the peer reads; beyond, the stream breaks. Only relays come near: they hold
 * what is under way between two peers, which is what the windows of their streams allow.
 */
export const WRITE_BUFFER_BYTES_MAX = 16_777_216;

/** From one host: libp2p's 5 are few for a household behind one address. */
export const INCOMING_PER_SECOND_MAX = 50;

/** Incoming, and not yet authenticated: of more the oldest goes. */
export const INCOMING_PENDING_MAX = 64;

/** A peer that does not answer for so long is gone. Long, because one that computes answers late. */
export const SILENCE_MS_MAX = 60_000;

export const PING_INTERVAL_MS = 20_000;

/** How often a reservation at a relay is looked after. */
export const RELAY_CHECK_INTERVAL_MS = 10_000;
