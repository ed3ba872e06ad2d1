/**
 * Border of the kernel layer: processes with exact limits, messages between them, freeze and thaw.
 * @module
 */

export type { MachineState, Plain, TreeState, Value } from "../image/index.ts";
export {
  type Answer,
  type BrokenCode,
  broken,
  CAPABILITY,
  type Capability,
  fulfilled,
  type Message,
  makeMessage,
  rejected,
} from "../passable/index.ts";
export { CAPER_MODULE, Status, StopCode } from "./caper-module.ts";
export { CAPER_FUNCTIONS, caperSignature } from "./caper-signatures.ts";
export { KernelError, type KernelErrorCode } from "./errors.ts";
export {
  type Guest,
  type GuestAnswer,
  type GuestBase,
  type GuestCall,
  type GuestDriver,
  type GuestEvent,
  type GuestInit,
  type GuestKind,
  type GuestMessage,
  type GuestServices,
  ServiceError,
  type SpawnRequest,
} from "./guest.ts";
export { Exit, type HostContext, type HostFunction, type HostModule, type HostValue, Suspend } from "./host.ts";
export type { FrameView, Inspection } from "./inspect.ts";
export type { Keeper, KeeperAction } from "./keeper.ts";
export { type Kernel, type KernelComponents, makeKernel, type SpawnInit, type ThawInit } from "./kernel.ts";
export * as limits from "./limits.ts";
export { findEndowment } from "./locator.ts";
export { type Machine, type MachineInit, makeMachine, type Stop } from "./machine.ts";
export { HostFault, StateError } from "./machine-errors.ts";
export type { MeterReading } from "./meter.ts";
export { PlainReader } from "./plain-reader.ts";
export type { Process } from "./process.ts";
export { makeProgram, type Program } from "./program.ts";
export type { OutstandingCall } from "./restore.ts";
export { describeStop, isEnd, type ProcessStatus, type StopReport, type SyncResult, type TurnResult } from "./stops.ts";
export type { InputRecord } from "./tree.ts";
export {
  connectKernel,
  type HostObject,
  type RemoteKernel,
  type RemoteProcess,
  type RemoteSpawnInit,
  type RemoteThawInit,
} from "./worker/connect.ts";
export { makeWebPort, type Port, type WebEndpoint } from "./worker/port.ts";
export { type RemoteObject, type ServeInit, serveKernel } from "./worker/serve.ts";
