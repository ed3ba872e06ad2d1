/**
 * The directory power: a folder and everything below it, in eight synchronous operations that hold no state. There are no
 * handles: content is read and written by path and offset, so that a process that has files open can be frozen with
 * nothing but paths and numbers, and go on with another implementation of the same power.
 *
 * @module
 */

/** What a name stands for. "other" is what can be seen but not opened: devices, sockets, pipes. */
export type EntryType = "file" | "directory" | "symlink" | "other";

export interface EntryStat {
  readonly type: EntryType;
  readonly size: number;
  /** How many names the entry has. */
  readonly links: number;
  /** Of an entry with several names: equal for two names of the same one, different for different ones. */
  readonly identity: bigint | undefined;
  /** Nanoseconds since 1970. */
  readonly accessed: bigint;
  readonly modified: bigint;
  readonly changed: bigint;
  /** Where a symbolic link points, as it was written. */
  readonly target: string | undefined;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly type: EntryType;
}

export type NewEntry =
  | { readonly type: "file" }
  | { readonly type: "directory" }
  /** The target must be relative and must not lead out of the directory, seen from where the link lies. */
  | { readonly type: "symlink"; readonly target: string }
  /** Another name for an existing file or symbolic link. */
  | { readonly type: "link"; readonly existing: string };

export interface EntryUpdate {
  /** Cuts a file off or fills it up with zeros. */
  readonly size?: number;
  readonly accessed?: bigint;
  readonly modified?: bigint;
  /** Returns only when everything written to the entry is on durable storage. */
  readonly durable?: boolean;
}

/**
 * Paths are canonical (see `assertPath`): names joined by "/", "" for the directory itself, never "." or "..". A directory
 * never follows a symbolic link: one in the middle of a path is `not-directory`, one at its end is the entry itself (so
 * reading through it is `is-symlink`). Whoever wants to follow links reads their targets and walks on, as `resolvePath` does.
 *
 * All operations throw `PowerError` and then have changed nothing, or, for a write that ran out of space, a prefix.
 */
export interface Directory {
  /** Of the entry itself, not of what a symbolic link points to. */
  stat(path: string): EntryStat;
  /** Without "." and "..", sorted by the bytes of the names in UTF-8, so that every machine sees the same order. */
  list(path: string): readonly DirectoryEntry[];
  /** Up to `length` bytes of a file; fewer only at its end. The bytes are the caller's. */
  read(path: string, range: { readonly offset: number; readonly length: number }): Uint8Array;
  /** Writes all bytes at an offset (a gap is filled with zeros) or at the end; returns the offset after the last byte. */
  write(path: string, at: { readonly offset: number | "end"; readonly bytes: Uint8Array }): number;
  /** Makes an entry that was not there (`exists`). */
  create(path: string, entry: NewEntry): void;
  /** An update of nothing changes nothing and throws what a write to the file would throw, so it asks for permission. */
  update(path: string, update: EntryUpdate): void;
  /** As POSIX: replaces a file by a file and an empty directory by a directory, at once. */
  rename(path: string, newPath: string): void;
  /** A "directory" must be empty; "file" is everything else. */
  remove(path: string, type: "file" | "directory"): void;
}
