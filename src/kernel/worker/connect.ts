/**
 * The host's side of a kernel that runs in a worker. Everything is asynchronous, and nothing that a guest does can keep the host's
 * thread from running.
 * @module
 */

import type { Image, Plain } from "../../image/index.ts";
import type { Answer, Capability, Message } from "../../passable/index.ts";
import { KernelError } from "../errors.ts";
import type { HostValue } from "../host.ts";
import type { Inspection } from "../inspect.ts";
import type { KeeperAction } from "../keeper.ts";
import type { MeterReading } from "../meter.ts";
import type { ProcessStatus, StopReport, TurnResult } from "../stops.ts";
import { Link, type Methods } from "./link.ts";
import type { Port } from "./port.ts";
import type { WireProcess, WireSpawn, WireThaw } from "./serve.ts";
import { type WireAnswer, WireCapabilities } from "./wire-capabilities.ts";

/** What the worker may call in this thread: plain data in, plain data out. */
export type HostObject = {
  readonly [method: string]: (...args: never[]) => Plain | undefined | Promise<Plain | undefined>;
};

interface CommonInit {
  /** For the worker's `makePowers`. */
  readonly options?: Plain;
  readonly objects?: { readonly [name: string]: HostObject };
  readonly keeper?: (stop: StopReport) => KeeperAction | Promise<KeeperAction>;
  readonly endowments?: { readonly [name: string]: Capability };
}

export interface RemoteSpawnInit extends CommonInit {
  /** The module's bytes. */
  readonly program?: Uint8Array;
  readonly guest?: string;
  readonly gas: number;
  readonly memoryBytes: number;
}

export interface RemoteThawInit extends CommonInit {
  readonly image: Image;
  /** What stands here for other names in the image, such as that of an object on another machine. Asked at the first message to it. */
  resolveLocator?(locator: Plain): Capability | undefined;
}

export interface RemoteKernel extends Disposable {
  spawn(init: RemoteSpawnInit): Promise<RemoteProcess>;
  /** Endowments stand for the names in the image. */
  thaw(init: RemoteThawInit): Promise<RemoteProcess>;
  /** Ends the worker, whatever it is doing. Everything under way is rejected. */
  close(): void;
}

/** `Process`, as seen from another thread. */
export interface RemoteProcess {
  readonly root: Capability;
  call(exportName: string, args?: readonly HostValue[]): Promise<TurnResult>;
  run(): Promise<TurnResult>;
  deliver(message: Message, target?: number): Promise<Answer>;
  state(): Promise<{ readonly status: ProcessStatus; readonly meter: MeterReading }>;
  inspect(): Promise<Inspection>;
  readMemory(address: number, length: number): Promise<Uint8Array>;
  refill(budget: { readonly gas?: number; readonly memoryBytes?: number }): Promise<void>;
  resume(options?: { readonly refuse?: boolean }): Promise<TurnResult>;
  pause(): Promise<void>;
  /** The tree as an image; it stays stopped until it is resumed or discarded. */
  freeze(): Promise<Image>;
  discard(): Promise<void>;
}

export function connectKernel(port: Port): RemoteKernel {
  const link = new Link(port, {});
  const wires = new WireCapabilities(link);
  const close = (): void => link.close(new KernelError("state", "the kernel was closed"));
  const begin = (init: CommonInit): Pick<WireSpawn, "options" | "objects" | "endowments" | "keeper"> => ({
    options: init.options ?? null,
    objects: Object.fromEntries(
      Object.entries(init.objects ?? {}).map(([name, object]) => [name, link.export(object as Methods)]),
    ),
    endowments: Object.entries(init.endowments ?? {}).map(
      ([name, held]) => [name, wires.capabilityToWire(held)] as const,
    ),
    keeper: init.keeper && link.export({ keep: init.keeper as Methods[string] }),
  });
  return Object.freeze({
    async spawn(init: RemoteSpawnInit): Promise<RemoteProcess> {
      const { program, guest, gas, memoryBytes } = init;
      const wire: WireSpawn = { program, guest, gas, memoryBytes, ...begin(init) };
      return makeRemoteProcess(link, wires, (await link.call(0, "spawn", wire)) as WireProcess);
    },
    async thaw(init: RemoteThawInit): Promise<RemoteProcess> {
      const wire: WireThaw = { image: init.image, resolver: exportResolver(link, wires, init), ...begin(init) };
      return makeRemoteProcess(link, wires, (await link.call(0, "thaw", wire)) as WireProcess);
    },
    close,
    [Symbol.dispose]: close,
  });
}

/** The worker asks when a message is sent to what an image names. */
function exportResolver(link: Link, wires: WireCapabilities, init: RemoteThawInit): number | undefined {
  const { resolveLocator } = init;
  if (resolveLocator === undefined) return undefined;
  return link.export({
    resolve(locator: Plain) {
      const found = resolveLocator(locator);
      return found && wires.capabilityToWire(found);
    },
  });
}

function makeRemoteProcess(link: Link, wires: WireCapabilities, wire: WireProcess): RemoteProcess {
  // The other end is the same version of the same code: its results are of the types that its methods have.
  const ask = <T>(method: string, ...args: readonly unknown[]): Promise<T> =>
    link.call(wire.object, method, ...args) as Promise<T>;
  const call = (name: string, args: readonly HostValue[] = []): Promise<TurnResult> => ask("call", name, args);
  return Object.freeze({
    root: wires.capabilityFromWire(wire.root),
    call,
    run: () => call("_start"),
    deliver: async (message: Message, target = 0): Promise<Answer> =>
      wires.answerFromWire(await ask<WireAnswer>("deliver", wires.toWire(message), target)),
    state: () => ask<{ status: ProcessStatus; meter: MeterReading }>("state"),
    inspect: () => ask<Inspection>("inspect"),
    readMemory: (address: number, length: number) => ask<Uint8Array>("readMemory", address, length),
    refill: (budget: { readonly gas?: number; readonly memoryBytes?: number }) => ask<void>("refill", budget),
    resume: (options: { readonly refuse?: boolean } = {}) => ask<TurnResult>("resume", options),
    pause: () => ask<void>("pause"),
    freeze: () => ask<Image>("freeze"),
    discard: () => ask<void>("discard"),
  });
}
