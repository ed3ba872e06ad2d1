/**
 * The worker's side of a kernel that runs in a thread of its own: makes processes for the host's thread and does with them what it
 * asks. Requests are heard between slices, so that a process in an endless loop can still be inspected, frozen, refilled or discarded.
 * @module
 */

import type { Image, Plain } from "../../image/index.ts";
import { decodeImage, encodeImage, type Hasher } from "../../image/index.ts";
import type { Answer, Capability, Message } from "../../passable/index.ts";
import { broken, CAPABILITY, makeMessage } from "../../passable/index.ts";
import type { HostValue } from "../host.ts";
import type { Keeper, KeeperAction } from "../keeper.ts";
import type { Kernel, SpawnInit } from "../kernel.ts";
import { endowmentName, locatorText } from "../locator.ts";
import type { Process } from "../process.ts";
import { Link, type Methods } from "./link.ts";
import type { Port } from "./port.ts";
import { type WireAnswer, WireCapabilities, type WireCapability, type WireMessage } from "./wire-capabilities.ts";

/** An object of the host's thread whose methods take and give plain data. The worker reaches the host's powers by it. */
export interface RemoteObject {
  call(method: string, ...args: readonly Plain[]): Promise<Plain>;
}

export interface ServeInit {
  readonly port: Port;
  readonly kernel: Kernel;
  readonly hasher?: Hasher;
  /** Makes the powers of a process, from the options and objects that the host gave for it. */
  makePowers?(options: Plain, objects: { readonly [name: string]: RemoteObject }): unknown;
}

/** What spawn and thaw have in common on the wire. */
interface WireInit {
  readonly options: Plain;
  /** Numbers of the host's objects by name. */
  readonly objects: { readonly [name: string]: number };
  readonly endowments: readonly (readonly [name: string, capability: WireCapability])[];
  /** Number of the host's keeper, if it has one. */
  readonly keeper: number | undefined;
}

export interface WireSpawn extends WireInit {
  readonly program: Uint8Array | undefined;
  readonly guest: string | undefined;
  readonly gas: number;
  readonly memoryBytes: number;
}

export interface WireThaw extends WireInit {
  readonly image: Image;
  /** Number of what finds capabilities by their locators, if the host has one. */
  readonly resolver: number | undefined;
}

export interface WireProcess {
  readonly object: number;
  readonly root: WireCapability;
}

export function serveKernel(init: ServeInit): void {
  const { kernel } = init;
  const link: Link = new Link(init.port, {
    spawn(wire: WireSpawn): WireProcess {
      const spawn: SpawnInit = {
        ...(wire.program === undefined ? {} : { program: kernel.load(wire.program) }),
        ...(wire.guest === undefined ? {} : { guest: wire.guest }),
        ...common(wire),
        gas: wire.gas,
        memoryBytes: wire.memoryBytes,
        endowments: Object.fromEntries(wire.endowments.map(([name, held]) => [name, wires.capabilityFromWire(held)])),
      };
      return publish(kernel.spawn(spawn));
    },
    thaw(wire: WireThaw): WireProcess {
      const named = new Map(wire.endowments.map(([name, held]) => [name, wires.capabilityFromWire(held)]));
      const process = kernel.thaw(decodeImage(wire.image, init.hasher && { hasher: init.hasher }), {
        ...common(wire),
        resolveLocator: (locator) =>
          named.get(endowmentName(locator) ?? locatorText(locator)) ??
          (wire.resolver === undefined || endowmentName(locator) !== undefined
            ? undefined
            : makeSought({ link, wires, resolver: wire.resolver, locator })),
      });
      return publish(process);
    },
  });
  const wires = new WireCapabilities(link);
  const common = (wire: WireInit): { powers?: unknown; keeper?: Keeper } => {
    const entries = Object.entries(wire.objects).map(
      ([name, object]) => [name, makeRemoteObject(link, object)] as const,
    );
    const powers = init.makePowers?.(wire.options, Object.fromEntries(entries));
    return {
      ...(powers === undefined ? {} : { powers }),
      ...(wire.keeper === undefined ? {} : { keeper: makeRemoteKeeper(link, wire.keeper) }),
    };
  };
  const publish = (process: Process): WireProcess => {
    const object = link.export(processMethods(process, wires, init.hasher, () => link.drop(object)));
    return { object, root: wires.capabilityToWire(process.root) };
  };
}

function makeRemoteObject(link: Link, object: number): RemoteObject {
  return Object.freeze({
    call: async (method: string, ...args: readonly Plain[]) => (await link.call(object, method, ...args)) as Plain,
  });
}

function makeRemoteKeeper(link: Link, object: number): Keeper {
  return async (stop) => (await link.call(object, "keep", stop)) as KeeperAction;
}

/** A capability that the host finds when it is first used. Whatever waits for that arrives in its order. */
function makeSought(init: {
  readonly link: Link;
  readonly wires: WireCapabilities;
  readonly resolver: number;
  readonly locator: Plain;
}): Capability {
  const { link, wires, resolver, locator } = init;
  let found: Promise<Capability> | undefined;
  const find = async (): Promise<Capability> => {
    const wire = (await link.call(resolver, "resolve", locator)) as WireCapability | undefined;
    return wire === undefined
      ? { [CAPABILITY]: true, receive: () => broken("lost", NOT_FOUND) }
      : wires.capabilityFromWire(wire);
  };
  return Object.freeze<Capability>({
    [CAPABILITY]: true,
    locator,
    receive(message: Message): Promise<Answer> {
      found ??= find();
      const own = makeMessage(message.bytes.slice(), message.capabilities);
      return found.then((capability) => capability.receive(own));
    },
  });
}

const NOT_FOUND = "nothing stands for this capability where the process was thawed";

function processMethods(
  process: Process,
  wires: WireCapabilities,
  hasher: Hasher | undefined,
  forget: () => void,
): Methods {
  return {
    call: (name: string, args: readonly HostValue[]) => process.call(name, args),
    async deliver(message: WireMessage, target: number): Promise<WireAnswer> {
      const { bytes, capabilities } = wires.fromWire(message);
      return wires.answerToWire(await process.deliver(makeMessage(bytes, capabilities), target));
    },
    state: () => ({ status: process.status, meter: process.meter }),
    inspect: () => process.inspect(),
    readMemory(address: number, length: number): Uint8Array {
      const memory = process.memory();
      if (!(address >= 0 && length >= 0 && address + length <= memory.length)) {
        throw new RangeError(`memory: expected a part of ${memory.length} bytes, got ${length} at ${address}`);
      }
      return memory.slice(address, address + length);
    },
    refill: (budget: { readonly gas?: number; readonly memoryBytes?: number }) => process.refill(budget),
    resume: (options: { readonly refuse?: boolean }) => process.resume(options),
    pause: () => process.pause(),
    freeze: () => encodeImage(process.freeze({ copy: false }), hasher && { hasher }),
    discard(): void {
      process.discard();
      forget();
    },
  };
}
