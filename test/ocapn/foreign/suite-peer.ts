/**
 * The objects that the OCapN test suite wants to find, on `tcp-testing-only` with raw framing, as the suite speaks it. For a process with
 * --expose-gc, since the suite watches what is collected. Prints the locator of the peer.
 *
 * @module
 */
import { E, formatPeerUri, type SturdyRef } from "../../../src/ocapn/index.ts";
import { Far, isSelector, type Selector } from "../../../src/passable/index.ts";
import { makeCaperPeer } from "./caper-peer.ts";
import { collectAlways } from "./collect.ts";

function nameOf(value: unknown): string {
  if (!isSelector(value)) throw new TypeError("car: expected two symbols, a colour and a model");
  return value.name;
}

const carFactory = ([color, model]: readonly Selector[]) => {
  const text = `Vroom! I am a ${nameOf(color)} ${nameOf(model)} car!`;
  return () => text;
};

function makePromiseAndResolver(): readonly unknown[] {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  return [promise, Far("resolver", { fulfill: resolve, break: reject })];
}

const peer = await makeCaperPeer("tcp-raw");

const objects: { readonly [swissNumber: string]: object } = {
  "JadQ0++RzsD4M+40uLxTWVaVqM10DcBJ": () => carFactory,
  IO58l1laTyhcrgDKbEzFOO32MDd6zE5w: (...args: readonly unknown[]) => args,
  VMDDd1voKWarCe2GvgLbxbVFysNzRPzx: (someone: (greeting: string) => unknown) => E(someone)("Hello"),
  IokCxYmMj04nos2JN1TDoY1bT8dXh6Lr: makePromiseAndResolver,
  gi02I1qghIwPiKGKleCQAOhpy3ZtYRpB: (sturdyref: SturdyRef) => peer.enliven(sturdyref),
};

for (const [swissNumber, object] of Object.entries(objects)) {
  peer.serve(object, { swissNumber: new TextEncoder().encode(swissNumber) });
}
collectAlways();
console.log(formatPeerUri(peer.locations[0]!));
