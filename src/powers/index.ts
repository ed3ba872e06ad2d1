/**
 * The powers: what a guest can be given of the world, each a small interface made from arguments, with in-memory
 * implementations and attenuators. The real halves for Node are in `src/node/powers/`.
 *
 * @module
 */
export type { Policy, Use } from "./attenuate.ts";
export { attenuate, HANDED_OUT_DEPTH_MAX } from "./attenuate.ts";
export { makeReadOnlyDirectory, makeSubdirectory } from "./attenuate-directory.ts";
export type { AuditEntry, AuditLog, AuditRecord } from "./audit-log.ts";
export {
  AUDIT_ENTRIES_DEFAULT,
  AUDIT_ENTRIES_MAX,
  AUDIT_LINE_LENGTH_MAX,
  AUDIT_LISTENERS_MAX,
  AUDIT_TEXT_LENGTH_MAX,
  auditEntryToJson,
  describeAuditEntry,
  makeAuditLog,
  parseAuditLines,
} from "./audit-log.ts";
export type { Holder } from "./capability.ts";
export { audited, capabilityOf } from "./capability.ts";
export type { Clock, ManualClock, SystemClockParts } from "./clock.ts";
export { makeManualClock, makeSystemClock } from "./clock.ts";
export type { ClockPower } from "./clock-power.ts";
export { makeClockPower } from "./clock-power.ts";
export type { ConsoleLevel, ConsolePower } from "./console-power.ts";
export {
  CONSOLE_TEXT_LENGTH_MAX,
  CONSOLE_WAITING_BYTES_MAX,
  makeConsolePower,
  makeStreamConsole,
} from "./console-power.ts";
export type { Directory, DirectoryEntry, EntryStat, EntryType, EntryUpdate, NewEntry } from "./directory.ts";
export type { DirectoryPower, DirectoryPowerOptions, DirectoryPowerStat } from "./directory-power.ts";
export { LIST_ENTRIES_MAX, makeDirectoryPower, READ_BYTES_MAX } from "./directory-power.ts";
export { ENTRIES_WALKED_MAX } from "./directory-work.ts";
export type { EnvironmentPower } from "./environment-power.ts";
export {
  ENVIRONMENT_NAME_LENGTH_MAX,
  ENVIRONMENT_VARIABLES_MAX,
  makeEnvironmentPower,
} from "./environment-power.ts";
export type { PowerErrorCode } from "./errors.ts";
export { isDenial, PowerError, powerErrorCode } from "./errors.ts";
export { makeOriginTest, ORIGINS_MAX } from "./http-origins.ts";
export type { HttpAnswer, HttpGetOptions, HttpPower, HttpPowerOptions, HttpRequestOptions } from "./http-power.ts";
export {
  makeHttpPower,
  REDIRECTS_DEFAULT,
  REQUEST_BYTES_DEFAULT,
  REQUESTS_AT_ONCE_DEFAULT,
  RESPONSE_BYTES_MAX,
} from "./http-power.ts";
export type { Fetch, FetchInit, FetchResponse } from "./http-request.ts";
export { HEADER_LENGTH_MAX, HEADERS_MAX, URL_LENGTH_MAX } from "./http-request.ts";
export type { InputPower } from "./input-power.ts";
export { INPUT_BYTES_MAX, makeInputPower } from "./input-power.ts";
export type { KeyValueStore, StoreLimits } from "./key-value-store.ts";
export {
  makeDirectoryStore,
  makeMemoryStore,
  STORE_BYTES_DEFAULT,
  STORE_ENTRIES_DEFAULT,
  STORE_ENTRIES_MAX,
  STORE_KEY_BYTES_MAX,
} from "./key-value-store.ts";
export type { FunctionsOf } from "./library-power.ts";
export { LIBRARY_METHODS_MAX, makeLibraryPower } from "./library-power.ts";
export type { MemoryDirectory, MemoryDirectoryInit } from "./memory-directory.ts";
export { MEMORY_BYTES_MAX, MEMORY_ENTRIES_MAX, MEMORY_EPOCH, makeMemoryDirectory } from "./memory-directory.ts";
export { makeMountedDirectory } from "./mounted-directory.ts";
export type { Decision, Metered, PowerReading, UseReport } from "./observe.ts";
export { logged, metered } from "./observe.ts";
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
export { makePower, POWER_NAME_LENGTH_MAX, powerOf } from "./power.ts";
export type { Quota } from "./quota-directory.ts";
export { makeQuotaDirectory } from "./quota-directory.ts";
export type { RandomSource, SeededRandom, SeededRandomState } from "./random.ts";
export { DEFAULT_SEED, makeSeededRandom } from "./random.ts";
export type { RandomPower } from "./random-power.ts";
export { makeRandomPower, RANDOM_BYTES_MAX } from "./random-power.ts";
export type { ByteBucket, Rate } from "./rate.ts";
export { makeByteBucket, makeRateWindow, RATE_CALLS_MAX } from "./rate.ts";
export type { Resolved, ResolveRequest } from "./resolve.ts";
export { NAMES_WALKED_MAX, resolvePath, SYMLINKS_FOLLOWED_MAX } from "./resolve.ts";
export type { Expiry, Revocable } from "./restrict.ts";
export { expiring, facet, rateLimited, readOnly, revocable } from "./restrict.ts";
export type { StorePower } from "./store-power.ts";
export { makeStorePower } from "./store-power.ts";
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
export type { TimersPower } from "./timers-power.ts";
export { makeTimersPower, TIMER_DELAY_MS_MAX, TIMERS_WAITING_MAX } from "./timers-power.ts";
