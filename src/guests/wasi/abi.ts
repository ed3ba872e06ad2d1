/**
 * The constants of WASI preview 1 (snapshot 1 of `typenames.witx`): rights, flags and types, with our own limits.
 *
 * @module
 */
import type { EntryType } from "../../powers/index.ts";

export const WASI_MODULE = "wasi_snapshot_preview1";

export const RIGHTS = {
  FD_DATASYNC: 0x0000001,
  FD_READ: 0x0000002,
  FD_SEEK: 0x0000004,
  FD_FDSTAT_SET_FLAGS: 0x0000008,
  FD_SYNC: 0x0000010,
  FD_TELL: 0x0000020,
  FD_WRITE: 0x0000040,
  FD_ADVISE: 0x0000080,
  FD_ALLOCATE: 0x0000100,
  PATH_CREATE_DIRECTORY: 0x0000200,
  PATH_CREATE_FILE: 0x0000400,
  PATH_LINK_SOURCE: 0x0000800,
  PATH_LINK_TARGET: 0x0001000,
  PATH_OPEN: 0x0002000,
  FD_READDIR: 0x0004000,
  PATH_READLINK: 0x0008000,
  PATH_RENAME_SOURCE: 0x0010000,
  PATH_RENAME_TARGET: 0x0020000,
  PATH_FILESTAT_GET: 0x0040000,
  PATH_FILESTAT_SET_SIZE: 0x0080000,
  PATH_FILESTAT_SET_TIMES: 0x0100000,
  FD_FILESTAT_GET: 0x0200000,
  FD_FILESTAT_SET_SIZE: 0x0400000,
  FD_FILESTAT_SET_TIMES: 0x0800000,
  PATH_SYMLINK: 0x1000000,
  PATH_REMOVE_DIRECTORY: 0x2000000,
  PATH_UNLINK_FILE: 0x4000000,
  POLL_FD_READWRITE: 0x8000000,
} as const;

/** All thirty rights that have a name (the last two are of sockets); bits above them mean nothing and are dropped. */
export const RIGHTS_ALL: number = (1 << 30) - 1;

export const FILE_RIGHTS: number =
  RIGHTS.FD_DATASYNC |
  RIGHTS.FD_READ |
  RIGHTS.FD_SEEK |
  RIGHTS.FD_FDSTAT_SET_FLAGS |
  RIGHTS.FD_SYNC |
  RIGHTS.FD_TELL |
  RIGHTS.FD_WRITE |
  RIGHTS.FD_ADVISE |
  RIGHTS.FD_ALLOCATE |
  RIGHTS.FD_FILESTAT_GET |
  RIGHTS.FD_FILESTAT_SET_SIZE |
  RIGHTS.FD_FILESTAT_SET_TIMES |
  RIGHTS.POLL_FD_READWRITE;

export const FOLDER_RIGHTS: number =
  RIGHTS.FD_DATASYNC |
  RIGHTS.FD_FDSTAT_SET_FLAGS |
  RIGHTS.FD_SYNC |
  RIGHTS.PATH_CREATE_DIRECTORY |
  RIGHTS.PATH_CREATE_FILE |
  RIGHTS.PATH_LINK_SOURCE |
  RIGHTS.PATH_LINK_TARGET |
  RIGHTS.PATH_OPEN |
  RIGHTS.FD_READDIR |
  RIGHTS.PATH_READLINK |
  RIGHTS.PATH_RENAME_SOURCE |
  RIGHTS.PATH_RENAME_TARGET |
  RIGHTS.PATH_FILESTAT_GET |
  RIGHTS.PATH_FILESTAT_SET_SIZE |
  RIGHTS.PATH_FILESTAT_SET_TIMES |
  RIGHTS.FD_FILESTAT_GET |
  RIGHTS.FD_FILESTAT_SET_TIMES |
  RIGHTS.PATH_SYMLINK |
  RIGHTS.PATH_REMOVE_DIRECTORY |
  RIGHTS.PATH_UNLINK_FILE;

/** Programs take a character device that can neither seek nor tell for a terminal, so no stream may have those two. */
export const INPUT_RIGHTS: number =
  RIGHTS.FD_READ | RIGHTS.FD_FDSTAT_SET_FLAGS | RIGHTS.FD_FILESTAT_GET | RIGHTS.POLL_FD_READWRITE;
export const OUTPUT_RIGHTS: number =
  RIGHTS.FD_WRITE |
  RIGHTS.FD_FDSTAT_SET_FLAGS |
  RIGHTS.FD_FILESTAT_GET |
  RIGHTS.FD_SYNC |
  RIGHTS.FD_DATASYNC |
  RIGHTS.POLL_FD_READWRITE;

export const FDFLAGS = { APPEND: 1, DSYNC: 2, NONBLOCK: 4, RSYNC: 8, SYNC: 16 } as const;
export const FDFLAGS_ALL = 31;
export const OFLAGS = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 } as const;
export const OFLAGS_ALL = 15;
export const LOOKUP_SYMLINK_FOLLOW = 1;
export const FSTFLAGS = { ATIM: 1, ATIM_NOW: 2, MTIM: 4, MTIM_NOW: 8 } as const;
export const FSTFLAGS_ALL = 15;
export const ADVICE_MAX = 5;
export const WHENCE = { SET: 0, CUR: 1, END: 2 } as const;
export const CLOCK = { REALTIME: 0, MONOTONIC: 1, PROCESS_CPUTIME: 2, THREAD_CPUTIME: 3 } as const;
export const EVENT = { CLOCK: 0, FD_READ: 1, FD_WRITE: 2 } as const;
export const SUBSCRIPTION_CLOCK_ABSTIME = 1;
export const EVENT_HANGUP = 1;
export const FILETYPE = { UNKNOWN: 0, CHARACTER_DEVICE: 2, DIRECTORY: 3, REGULAR_FILE: 4, SYMBOLIC_LINK: 7 } as const;
export const PREOPENTYPE_DIR = 0;

export const FILETYPE_OF: { readonly [type in EntryType]: number } = {
  file: FILETYPE.REGULAR_FILE,
  directory: FILETYPE.DIRECTORY,
  symlink: FILETYPE.SYMBOLIC_LINK,
  other: FILETYPE.UNKNOWN,
};

export const IOVEC_SIZE = 8;
export const FDSTAT_SIZE = 24;
export const FILESTAT_SIZE = 64;
export const PRESTAT_SIZE = 8;
export const DIRENT_SIZE = 24;
export const SUBSCRIPTION_SIZE = 48;
export const EVENT_SIZE = 32;

/** As on Linux (IOV_MAX). */
export const IOVECS_MAX = 1024;
export const SUBSCRIPTIONS_MAX = 1024;
export const DESCRIPTORS_MAX = 4096;
/** How much one read or write moves: overlapping buffers could ask for a thousand times the guest's memory. It may be short. */
export const TRANSFER_BYTES_MAX: number = 16 << 20;
/** Content of files that were unlinked while open, which then belongs to the process and travels in its image. */
export const ORPHAN_BYTES_MAX: number = 64 << 20;
/** Names that all open folders together remember between two calls of `fd_readdir`. */
export const LISTED_ENTRIES_MAX = 262_144;
