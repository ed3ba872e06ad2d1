/**
 * What all combinators are made of: a border around a power, with a policy that is asked at each use. The border is a membrane:
 * powers, functions and capabilities that come out through it (as results, or as arguments of callbacks) come out wrapped, under
 * the same policy; what came out is itself again when it goes back in. Lists and plain objects are looked into, nothing else is.
 *
 * @module
 */
import type { Capability, Message } from "../kernel/index.ts";
import { makeMessage } from "../kernel/index.ts";
import type { InterfaceGuard, MethodGuard } from "../passable/index.ts";
import { CAPABILITY, isCapability, methodGuard } from "../passable/index.ts";
import { mapContainer } from "./map-container.ts";
import { coreOf, denial, findCore, makePowerObject } from "./power.ts";

/** One use of a power, or of a function or capability that it handed out. */
export interface Use {
  readonly power: string;
  /** A method's name; `name()` for what the method handed out. */
  readonly method: string;
  /** As they came, not checked yet. */
  readonly args: readonly unknown[];
  /** Undefined for functions and capabilities. */
  readonly guard: MethodGuard | undefined;
}

export interface Policy {
  /** Throws to deny; else calls `next` once and gives what it gave. */
  use(use: Use, next: () => unknown): unknown;
  /** Before the power calls something of its user's back. Throws to cut that off, too. */
  callback?(use: Use): void;
  /** What is left of an interface. Default: all of it. */
  narrow?(guard: InterfaceGuard): InterfaceGuard;
}

/** Of lists and objects within each other. */
export const HANDED_OUT_DEPTH_MAX = 64;

/** "out": from the power to its user; "in": back. */
type Side = "out" | "in";

const opposite = (side: Side): Side => (side === "out" ? "in" : "out");

class Border {
  readonly #policy: Policy;
  /** What crossed -> what stands for it on the other side, and the reverse, so that identity is kept. */
  readonly #wrapped: { readonly [side in Side]: WeakMap<object, object> } = { out: new WeakMap(), in: new WeakMap() };

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  power<P extends object>(power: P, side: Side): P {
    const inner = coreOf(power);
    const narrow = side === "out" ? this.#policy.narrow : undefined;
    return makePowerObject<P>({
      name: inner.name,
      guard: narrow?.(inner.guard) ?? inner.guard,
      offered: inner.offered,
      invoke: (method, args) => {
        const use = { power: inner.name, method, args, guard: methodGuard(inner.guard, method) };
        const work = (): unknown => this.#use(use, side, (crossed) => inner.invoke(method, crossed));
        return use.guard?.isAsync === true ? rejecting(work) : work();
      },
    });
  }

  #use(use: Use, side: Side, work: (args: readonly unknown[]) => unknown): unknown {
    const next = (): unknown => {
      const args = use.args.map((arg) => this.#cross(arg, use, opposite(side), 0));
      return this.#cross(work(args), use, side, 0);
    };
    if (side === "out") return this.#policy.use(use, next);
    this.#policy.callback?.(use);
    return next();
  }

  #cross(value: unknown, use: Use, side: Side, depth: number): unknown {
    if (typeof value === "function") return this.#object(value, side, () => this.#function(value, use, side));
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
    if (value instanceof Promise) return value.then((settled) => this.#cross(settled, use, side, depth));
    if (findCore(value) !== undefined) return this.#object(value, side, () => this.power(value, side));
    if (isCapability(value)) return this.#object(value, side, () => this.#capability(value, use, side));
    return this.#container(value, use, side, depth);
  }

  #object(value: object, side: Side, wrap: () => object): object {
    const known = this.#wrapped[side].get(value);
    if (known !== undefined) return known;
    const wrapper = wrap();
    this.#wrapped[side].set(value, wrapper);
    this.#wrapped[opposite(side)].set(wrapper, value);
    return wrapper;
  }

  #function(value: object, use: Use, side: Side): object {
    const call = value as (...args: readonly unknown[]) => unknown;
    return (...args: readonly unknown[]) => this.#use(handedOut(use, args), side, (crossed) => call(...crossed));
  }

  /** Messages are bytes here; only the capabilities in them are looked at. */
  #capability(capability: Capability, use: Use, side: Side): Capability {
    return Object.freeze<Capability>({
      [CAPABILITY]: true,
      receive: (message: Message) => {
        const inward = this.#message(message, use, opposite(side));
        const answer = this.#use(handedOut(use, [message.bytes]), side, () => capability.receive(inward));
        return answer as ReturnType<Capability["receive"]>;
      },
      ...(capability.locator === undefined ? {} : { locator: capability.locator }),
    });
  }

  #message(message: Message, use: Use, side: Side): Message {
    if (message.capabilities.length === 0) return message;
    const crossed = message.capabilities.map((held) =>
      this.#object(held, side, () => this.#capability(held, use, side)),
    );
    return makeMessage(message.bytes, crossed.filter(isCapability));
  }

  #container(value: object, use: Use, side: Side, depth: number): unknown {
    return mapContainer(value, (item) => {
      if (depth >= HANDED_OUT_DEPTH_MAX) {
        throw denial("denied", use, `a value nested deeper than ${HANDED_OUT_DEPTH_MAX}, or circular`);
      }
      return this.#cross(item, use, side, depth + 1);
    });
  }
}

/** Who calls a method that answers with a promise expects its denials there, too. */
async function rejecting(work: () => unknown): Promise<unknown> {
  return await work();
}

function handedOut(use: Use, args: readonly unknown[]): Use {
  const method = use.method.endsWith("()") ? use.method : `${use.method}()`;
  return { power: use.power, method, args, guard: undefined };
}

/** The power under a policy. */
export function attenuate<P extends object>(power: P, policy: Policy): P {
  return new Border(policy).power(power, "out");
}
