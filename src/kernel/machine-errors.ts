/**
 * Errors of the machine that are not the guest's.
 * @module
 */

/** The host, not the guest, has failed: a bug in a host function, or an engine that ran out of something. */
export class HostFault extends Error {
  override readonly name = "HostFault";
}

/** A saved state does not fit the module; the message says where. */
export class StateError extends Error {
  override readonly name = "StateError";
}
