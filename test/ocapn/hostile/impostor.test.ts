/**
 * A peer that says it is another one, where who dials cannot prove who it is.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import {
  makeNodeEd25519,
  makeNodeOcapn,
  makeNodeWebSocketNetlayer,
  nodeWebSocketComponents,
} from "../../../src/node/index.ts";
import {
  E,
  makeWebSocketNetlayer,
  type Netlayer,
  type Ocapn,
  type OcapnInit,
  parseSturdyrefUri,
} from "../../../src/ocapn/index.ts";
import { Far } from "../../../src/passable/index.ts";

const open: Ocapn[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((peer) => peer.close()));
});

async function makePeer(init: Partial<OcapnInit> = {}): Promise<Ocapn> {
  const peer = makeNodeOcapn({ netlayers: [await makeNodeWebSocketNetlayer()], ...init });
  open.push(peer);
  return peer;
}

/** Dials like any WebSocket peer, and says that it is at somebody else's location. */
function makeImpostor(victim: Ocapn, onWire: NonNullable<OcapnInit["onWire"]>): Ocapn {
  const key = makeNodeEd25519().makeKey(new Uint8Array(randomBytes(32)));
  const own = makeWebSocketNetlayer({ key }, nodeWebSocketComponents());
  const netlayer: Netlayer = {
    location: victim.locations[0]!,
    listen: (attach) => own.listen(attach),
    connect: (location, attach) => own.connect(location, attach),
    close: () => own.close(),
  };
  const peer = makeNodeOcapn({ netlayers: [netlayer], onWire });
  open.push(peer);
  return peer;
}

describe("who dials by WebSocket under another's name", () => {
  async function makeScene(init: Partial<OcapnInit>) {
    const [alice, bob] = [await makePeer(init), await makePeer()];
    const secret = bob.serve(Far("account", { owner: () => "Bob" }));
    const heard: Uint8Array[] = [];
    const mallory = makeImpostor(bob, ({ direction, message }) => {
      if (direction === "in") heard.push(message.slice());
    });
    const greeter = await mallory.enliven<{ greet(): string }>(alice.serve(Far("greeter", { greet: () => "hello" })));
    const { swissNumber } = parseSturdyrefUri(secret);
    const hasSecret = () => heard.some((message) => Buffer.from(message).includes(Buffer.from(swissNumber)));
    return { alice, bob, secret, greeter, hasSecret };
  }

  it("can use what it was given, and is told nothing that is meant for the other", async () => {
    const { alice, secret, greeter, hasSecret } = await makeScene({});
    expect(await E(greeter).greet()).toBe("hello");
    const account = await alice.enliven<{ owner(): string }>(secret);
    expect(await E(account).owner()).toBe("Bob");
    expect(hasSecret()).toBe(false);
    // Both say that they are Bob; only one was found by dialling.
    expect(alice.sessions).toHaveLength(2);
  });

  it("does not keep the other from coming in", async () => {
    const { alice, bob } = await makeScene({});
    const uri = alice.serve(Far("door", { knock: () => "come in" }));
    const door = await bob.enliven<{ knock(): string }>(uri);
    expect(await E(door).knock()).toBe("come in");
  });

  it("is believed by who chose to, and then it learns the secret", async () => {
    const { alice, secret, hasSecret } = await makeScene({ believesClaims: true });
    await expect(alice.enliven(secret)).rejects.toThrow("no object is served");
    expect(hasSecret()).toBe(true);
  });
});
