/**
 * Bounds of the netlayers that need Node. Times are long for any network that works.
 *
 * @module
 */

/** For a connection to come about, its handshake included. */
export const DIAL_TIMEOUT_MS = 10_000;

/** For the other side to take what was still sent, after this one or the other has closed. */
export const CLOSE_TIMEOUT_MS = 5_000;
