/**
 * The table of open descriptors: plain values by number. A descriptor holds no handle, only where its content is, so the
 * whole table is data.
 *
 * @module
 */
import type { DirectoryEntry } from "../../powers/index.ts";
import { DESCRIPTORS_MAX, LISTED_ENTRIES_MAX } from "./abi.ts";
import type { Errno } from "./errno.ts";
import { ERRNO, fail } from "./errno.ts";

interface DescriptorBase {
  rights: number;
  inheriting: number;
  /** fdflags. */
  flags: number;
}

export type StreamName = "stdin" | "stdout" | "stderr";

export interface StreamDescriptor extends DescriptorBase {
  readonly kind: "stream";
  readonly stream: StreamName;
}

/** Where something open lies: in which granted folder, and its canonical path there. It follows renames by this process. */
interface Place {
  folder: string;
  path: string;
  /** It was removed (folders) or moved away: every use is ESTALE. */
  stale: boolean;
}

export interface FileDescriptor extends DescriptorBase, Place {
  readonly kind: "file";
  offset: number;
}

export interface FolderDescriptor extends DescriptorBase, Place {
  readonly kind: "folder";
  /** Given at the start; its name is the name of the granted folder. */
  readonly preopened: boolean;
  /** The names as they were when reading began, so that a program that removes what it reads skips nothing. */
  listing: readonly DirectoryEntry[] | undefined;
}

export type Descriptor = StreamDescriptor | FileDescriptor | FolderDescriptor;

export class DescriptorTable {
  readonly #descriptors = new Map<number, Descriptor>();

  /** EBADF if it is not open, ENOTCAPABLE if it lacks one of the rights. */
  get(fd: number, rights = 0): Descriptor {
    const descriptor = this.#descriptors.get(fd) ?? fail(ERRNO.BADF);
    if ((descriptor.rights & rights) !== rights) fail(ERRNO.NOTCAPABLE);
    return descriptor;
  }

  /** The kind is told before the rights: "that is a folder" says more than "you may not". */
  file(fd: number, rights: number, otherwise: { readonly stream: Errno }): FileDescriptor {
    const descriptor = this.get(fd);
    if (descriptor.kind === "folder") fail(ERRNO.ISDIR);
    if (descriptor.kind === "stream") fail(otherwise.stream);
    this.get(fd, rights);
    if (descriptor.stale) fail(ERRNO.STALE);
    return descriptor;
  }

  folder(fd: number, rights: number): FolderDescriptor {
    const descriptor = this.get(fd);
    if (descriptor.kind !== "folder") fail(ERRNO.NOTDIR);
    this.get(fd, rights);
    if (descriptor.stale) fail(ERRNO.STALE);
    return descriptor;
  }

  assertRoom(): void {
    if (this.#descriptors.size >= DESCRIPTORS_MAX) fail(ERRNO.MFILE);
  }

  /** Takes the lowest free number, as POSIX promises and C programs rely on. */
  add(descriptor: Descriptor): number {
    this.assertRoom();
    let fd = 0;
    while (this.#descriptors.has(fd)) fd++;
    this.#descriptors.set(fd, descriptor);
    return fd;
  }

  set(fd: number, descriptor: Descriptor): void {
    this.#descriptors.set(fd, descriptor);
  }

  remove(fd: number): Descriptor {
    const descriptor = this.get(fd);
    this.#descriptors.delete(fd);
    return descriptor;
  }

  /** In the order of their numbers, so that what is saved does not depend on history. */
  entries(): readonly (readonly [number, Descriptor])[] {
    return [...this.#descriptors].sort((a, b) => a[0] - b[0]);
  }

  values(): Iterable<Descriptor> {
    return this.#descriptors.values();
  }

  /** Remembers a listing; when all of them would be too many, the others are forgotten and read anew when needed. */
  remember(descriptor: FolderDescriptor, listing: readonly DirectoryEntry[]): void {
    descriptor.listing = undefined;
    const folders = [...this.values()].filter((other) => other.kind === "folder");
    const remembered = folders.reduce((sum, folder) => sum + (folder.listing?.length ?? 0), 0);
    if (remembered + listing.length > LISTED_ENTRIES_MAX) for (const folder of folders) folder.listing = undefined;
    descriptor.listing = listing;
  }
}
