/**
 * Every bound of the OCapN layer, in one place. Each is tested at the limit and one past it.
 *
 * @module
 */

/** Of a locator as a URI, in UTF-16 units like the other lengths of locators. */
export const URI_LENGTH_MAX = 16_384;

export const TRANSPORT_LENGTH_MAX = 64;

export const DESIGNATOR_LENGTH_MAX = 1_024;

/** Hints of one locator. */
export const HINTS_MAX = 32;

export const HINT_NAME_LENGTH_MAX = 64;

/** A URL, as a rule. */
export const HINT_VALUE_LENGTH_MAX = 2_048;

export const SWISS_NUMBER_BYTES_MAX = 256;

/** Of one message of CapTP, either way. */
export const MESSAGE_BYTES_MAX: number = 16 << 20;

/** Of one frame of a netlayer that has frames: one message. */
export const FRAME_BYTES_MAX: number = MESSAGE_BYTES_MAX;

/** Of all messages together that have not come whole, of one peer; and of all such frames of one WebSocket netlayer. */
export const UNFINISHED_BYTES_MAX: number = 256 << 20;

/** Fragments of one frame of a WebSocket. Browsers and proxies make such, of 16 KiB and more. */
export const FRAGMENTS_MAX = 1_024;

/** Incoming connections of one netlayer at once, those in their handshake included. */
export const CONNECTIONS_MAX = 4_096;

/** Objects and promises that the peer holds of this side, in one session; and as many that this side holds of the peer. */
export const EXPORTS_MAX = 262_144;
export const IMPORTS_MAX = 262_144;

/** Answers that the peer has asked for and not dropped, in one session: how many, and what they weigh. */
export const ANSWERS_MAX = 262_144;
export const ANSWERS_BYTES_MAX: number = 256 << 20;

/** Answers that this side waits for, in one session. Fewer than the other side may have undone, so that it has no reason to complain. */
export const QUESTIONS_MAX = 65_536;

/** Messages of the peer that are delivered and not done, in one session: how many, and what they weigh. */
export const UNDONE_MESSAGES_MAX = 131_072;
export const UNDONE_BYTES_MAX: number = 64 << 20;

/**
 * From there on the peer is held back, where its netlayer can do that, until it is half as much: far enough below the limits that what is read then, a
 * whole message perhaps, is still within them. And the same for answers that the network has not taken.
 */
export const UNDONE_MESSAGES_HIGH = 16_384;
export const UNDONE_BYTES_HIGH: number = 8 << 20;
export const ANSWERS_UNSENT_BYTES_HIGH: number = 8 << 20;

/** How often it is looked whether that goes on; and how often in vain before more is read. */
export const THROTTLE_CHECK_MS = 10;
export const THROTTLE_STALLED_CHECKS_MAX = 25;

/** What a value weighs beside its bytes: it is an object in memory. */
export const VALUE_BYTES = 32;

/** Objects in one answer that are remembered so that each weighs once, wherever it stands in there. */
export const WEIGHED_ONCE_MAX: number = 1 << 16;

/** What was sent and is not yet taken by the network, of one session. Beyond it calls are refused; answers end the session. */
export const OUTGOING_BYTES_MAX: number = 64 << 20;

/**
 * The same with what can be neither refused nor put off, such as `op:listen` for the promises of a peer that does not read: beyond it the session ends.
 * As far above as a call can go that was not refused.
 */
export const UNSENT_BYTES_MAX: number = OUTGOING_BYTES_MAX + 2 * MESSAGE_BYTES_MAX;

/** Then what is waiting goes to the connection before the turn ends. */
export const OUTBOX_BYTES_SOON: number = 128 << 10;

/** For messages that what a peer may forget can go along with; then it goes by itself. */
export const DROPS_WAIT_MS = 20;

/** In one `op:gc-exports` or `op:gc-answers` that is sent. */
export const POSITIONS_PER_GC_MESSAGE_MAX = 4_096;

/** Sessions at once, and connections that are not sessions yet. */
export const SESSIONS_MAX = 4_096;
export const HANDSHAKES_MAX = 256;

/** Of the first message. */
export const HELLO_BYTES_MAX: number = 128 << 10;

/** From the dial, or from a connection that comes in, to the session. */
export const HANDSHAKE_TIMEOUT_MS = 30_000;

/** Of a frame of the WebSocket netlayer's own handshake. */
export const PEER_AUTH_BYTES_MAX = 1_024;

/** Held of such a frame that has not come whole, with what its pieces take in memory. */
export const PEER_AUTH_HELD_BYTES_MAX: number = 16 << 10;

/** For a connection to come about, either way, with the netlayer's own handshake. */
export const CONNECT_TIMEOUT_MS = 10_000;

/** For the other side to take what was still sent, after a connection was closed. */
export const CLOSE_TIMEOUT_MS = 5_000;

/**
 * Of one gifter's session: gifts that lie ready, beyond which one goes, and as many of those that had to go; those that one receiver waits for; gifts
 * that are on their way to this side. And gifts of sessions that are over, together.
 */
export const GIFTS_MAX = 4_096;
export const GIFTS_ORPHANED_MAX = 4_096;

/** Peers that this side dials at once for the gifts of one gifter. */
export const GIFT_DIALS_MAX = 64;

export const GIFT_ID_BYTES_MAX = 256;

/** Handoff counts that a session remembers beyond the ones below which all were used. */
export const HANDOFF_COUNTS_MAX = 4_096;

/** Objects that one peer serves. */
export const SERVED_MAX = 65_536;

/** Of a reason in `op:abort`; more is cut. */
export const ABORT_REASON_LENGTH_MAX = 1_024;

/** Of a message as a line for people, in UTF-16 units; more is cut. */
export const WIRE_LINE_LENGTH_MAX = 1_024;

/**
 * What all capabilities that are references of one peer may have under way: calls, and the bytes of their messages; and the bytes of messages without
 * an answer that go out between two calls. Well below what ends the session, which others use, too.
 */
export const BRIDGE_CALLS_MAX = 65_536;
export const BRIDGE_BYTES_MAX: number = 32 << 20;
export const BRIDGE_TOLD_BYTES_MAX: number = 256 << 10;
