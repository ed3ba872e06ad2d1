/**
 * Which objects of this program stand for objects of a library: proxies, real promises, and copies of errors. One register for all
 * libraries, so that what belongs to one crosses to another as a reference.
 * @module
 */

/** A reference to what the other end of a membrane exports. */
export interface Remote {
  /** The end that it came through. */
  readonly end: object;
  readonly id: number;
  readonly kind: string;
}

const remotes = new WeakMap<object, Remote>();

export function remoteOf(value: object): Remote | undefined {
  return remotes.get(value);
}

export function markRemote(value: object, remote: Remote): void {
  remotes.set(value, remote);
}
