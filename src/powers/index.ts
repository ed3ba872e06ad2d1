/**
 * The powers: what a guest can be given of the world, each a small interface made from arguments, with in-memory
 * implementations and attenuators. The real halves for Node are in `src/node/powers/`.
 *
 * @module
 */
export { makeReadOnlyDirectory, makeSubdirectory } from "./attenuate-directory.ts";
export type { Clock, ManualClock, SystemClockParts } from "./clock.ts";
export { makeManualClock, makeSystemClock } from "./clock.ts";
export type { Directory, DirectoryEntry, EntryStat, EntryType, EntryUpdate, NewEntry } from "./directory.ts";
export type { PowerErrorCode } from "./errors.ts";
export { PowerError, powerErrorCode } from "./errors.ts";
export type { MemoryDirectory, MemoryDirectoryInit } from "./memory-directory.ts";
export { MEMORY_BYTES_MAX, MEMORY_ENTRIES_MAX, MEMORY_EPOCH, makeMemoryDirectory } from "./memory-directory.ts";
export {
  assertPath,
  assertTarget,
  compareNames,
  isTargetInside,
  isWithin,
  joinPath,
  lastName,
  NAME_BYTES_MAX,
  PATH_BYTES_MAX,
  parentPath,
} from "./path.ts";
export type { RandomSource, SeededRandom, SeededRandomState } from "./random.ts";
export { DEFAULT_SEED, makeSeededRandom } from "./random.ts";
export type { Resolved, ResolveRequest } from "./resolve.ts";
export { NAMES_WALKED_MAX, resolvePath, SYMLINKS_FOLLOWED_MAX } from "./resolve.ts";
export type { Collector, InputStream, OutputStream, QueueInput, Wait } from "./streams.ts";
export {
  COLLECTOR_BYTES_MAX,
  discardOutput,
  emptyInput,
  isWait,
  makeBytesInput,
  makeCollector,
  makeQueueInput,
  QUEUE_BYTES_MAX,
} from "./streams.ts";
