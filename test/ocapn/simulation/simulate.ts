/**
 * Runs a world through random operations.
 *
 * @module
 */
import { ANSWERS, type Entry, type SimulatedPeer } from "./peer.ts";
import { World, type WorldInit } from "./world.ts";

export interface SimulationInit extends WorldInit {
  readonly operations: number;
}

export interface Outcome {
  readonly sent: number;
  readonly arrived: number;
  readonly collected: number;
}

type Operation = (world: World, peer: SimulatedPeer) => void | Promise<void>;

/** With their weights. */
const OPERATIONS: readonly (readonly [number, Operation])[] = [
  [40, call],
  [12, (_, peer) => drop(peer)],
  [8, (world, peer) => settleOne(world, peer)],
  [3, (world, peer) => void world.uris.push(peer.ocapn.serve(peer.makeCell()))],
  [8, enliven],
  [0.5, revoke],
  [10, (world) => world.hostTurn()],
  [50, (world) => world.step(1 + world.random.below(world.pace))],
  [0.4, (world) => world.collect()],
];

const FAULTS: readonly (readonly [number, Operation])[] = [
  [0.15, (world) => world.cut()],
  [0.03, (world, peer) => world.crash(peer)],
  [0.03, (world, peer) => world.close(peer)],
  [0.1, (world) => world.toggleReachable()],
];

const URIS_MAX = 40;

export async function simulate(init: SimulationInit): Promise<Outcome> {
  const world = new World(init);
  const table = init.hasFaults ? [...OPERATIONS, ...FAULTS] : OPERATIONS;
  const total = table.reduce((sum, [weight]) => sum + weight, 0);
  for (let at = 0; at < init.operations; at += 1) {
    const operation = draw(table, (world.random.u32() / 2 ** 32) * total);
    await operation(world, world.random.pick(world.peers));
    // Times of quiet, and times when much is under way.
    if (at % 100 === 0) world.pace = world.random.pick([1, 4, 16]);
    world.assert();
  }
  await world.finish();
  return { sent: world.ledger.sentCount, arrived: world.ledger.arrivedCount, collected: world.collected };
}

function draw(table: readonly (readonly [number, Operation])[], at: number): Operation {
  let left = at;
  for (const [weight, operation] of table) {
    left -= weight;
    if (left < 0) return operation;
  }
  return call;
}

/** Some messages through one reference, mostly the one that was used last: so that they could overtake each other. */
function call(world: World, peer: SimulatedPeer): void {
  const { random } = world;
  const last = peer.last !== undefined && random.chance(0.6) ? peer.last : undefined;
  const entry = last ?? peer.pick();
  peer.last = entry;
  if (entry === undefined) return;
  for (let count = 1 + random.below(3); count > 0; count -= 1) {
    peer.call(
      entry,
      random.pick(ANSWERS),
      Array.from({ length: random.below(4) }, () => argument(peer) ?? entry),
    );
  }
}

function argument(peer: SimulatedPeer): Entry | undefined {
  switch (peer.world.random.below(8)) {
    case 0:
      return { reference: peer.makeCell(), kind: "object", rank: 0 };
    case 1: {
      const { promise, rank } = peer.makeRoot();
      return { reference: promise, kind: "root", rank };
    }
    default:
      return peer.pick();
  }
}

function drop(peer: SimulatedPeer): void {
  if (peer.pool.length > 0) peer.pool.splice(peer.world.random.below(peer.pool.length), 1);
}

function settleOne(world: World, peer: SimulatedPeer): void {
  if (peer.roots.length > 0) peer.settle(world.random.pick(peer.roots));
}

function enliven(world: World, peer: SimulatedPeer): void {
  if (world.uris.length === 0) return;
  if (world.uris.length > URIS_MAX) world.uris.splice(world.random.below(world.uris.length), 1);
  const uri = world.random.pick(world.uris);
  const promise = peer.ocapn.enliven(uri) as Promise<unknown>;
  if (world.random.chance(0.3)) peer.hold({ reference: promise, kind: "answer", rank: 0 });
  world.trace(() => `${peer.name} enlivens ${uri.slice(0, 14)}`);
  world.expect(peer, -2, promise, (value) => peer.hold({ reference: value as object, kind: "object", rank: 0 }));
}

function revoke(world: World, peer: SimulatedPeer): void {
  const own = world.uris.filter((uri) => uri.startsWith(`ocapn://${peer.name}.`));
  if (own.length === 0) return;
  const uri = world.random.pick(own);
  peer.ocapn.revoke(uri);
  if (world.random.chance(0.9)) world.uris.splice(world.uris.indexOf(uri), 1);
}
