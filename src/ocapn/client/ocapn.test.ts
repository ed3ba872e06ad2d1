/**
 * Serving objects, and getting them by their URIs.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { Far } from "../../passable/index.ts";
import { E } from "../eventual/e.ts";
import type { Remote } from "../eventual/types.ts";
import { SERVED_MAX, SWISS_NUMBER_BYTES_MAX } from "../limits.ts";
import { parseSturdyrefUri } from "../locator.ts";
import { SturdyRef } from "../sturdyref.ts";
import { ED25519, randomOf, reasonOf, turn, usePeers } from "./fixture.conformance.ts";
import { makeOcapn } from "./ocapn.ts";

const makePeers = usePeers();

interface Hello {
  hello(name: string): string;
}

function makeHello(): Hello {
  return Far("hello", { hello: (name: string) => `hello ${name}` });
}

describe("serving", () => {
  it("gives a secret URI by which others get the object", async () => {
    const peers = makePeers();
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const uri = bob.ocapn.serve(makeHello());
    expect(uri).toMatch(/^ocapn:\/\/bob\.memory\/s\/[\w-]{43}$/);
    expect(await E(await alice.ocapn.enliven<Hello>(uri)).hello("bob")).toBe("hello bob");
    expect(bob.ocapn.serve(makeHello())).not.toBe(uri);
  });

  it("takes a swiss number, once", () => {
    const { ocapn } = makePeers().make("bob");
    const swissNumber = new Uint8Array([1, 2, 3]);
    expect(parseSturdyrefUri(ocapn.serve(makeHello(), { swissNumber })).swissNumber).toEqual(swissNumber);
    expect(() => ocapn.serve(makeHello(), { swissNumber })).toThrow("an object is served under it already");
    ocapn.serve(makeHello(), { swissNumber: new Uint8Array(SWISS_NUMBER_BYTES_MAX) });
    expect(() => ocapn.serve(makeHello(), { swissNumber: new Uint8Array(SWISS_NUMBER_BYTES_MAX + 1) })).toThrow(
      RangeError,
    );
    expect(() => ocapn.serve(makeHello(), { swissNumber: new Uint8Array(0) })).toThrow(RangeError);
  });

  it.each([
    ["data", {}],
    ["a list", []],
    ["a number", 1],
    ["nothing", undefined],
  ])("refuses %s", (_, object) => {
    const { ocapn } = makePeers().make("bob");
    expect(() => ocapn.serve(object as object)).toThrow(
      "object: expected a function, or an object that Far has marked",
    );
  });

  it("refuses a transport that it has not", () => {
    const { ocapn } = makePeers().make("bob");
    expect(() => ocapn.serve(makeHello(), { transport: "onion" })).toThrow("transport: expected one of");
  });

  it("has room for so many objects, and not one more", () => {
    const { ocapn } = makePeers().make("bob");
    const hello = makeHello();
    let uri = "";
    for (let at = 0; at < SERVED_MAX; at += 1)
      uri = ocapn.serve(hello, { swissNumber: new Uint8Array([at >> 16, at >> 8, at]) });
    expect(() => ocapn.serve(hello)).toThrow(`${SERVED_MAX} objects, which is the limit`);
    ocapn.revoke(uri);
    ocapn.serve(hello);
  });

  it("needs a netlayer", () => {
    const init = { netlayers: [], ed25519: ED25519, random: randomOf, yieldToHost: turn };
    expect(() => makeOcapn(init)).toThrow("netlayers: expected at least one");
  });
});

describe("enlivening", () => {
  it("gives a promise that can be sent to, also before there is a session, and a reference that stays the same", async () => {
    const peers = makePeers();
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const uri = bob.ocapn.serve(makeHello());
    const first = alice.ocapn.enliven<Hello>(uri);
    expect(await E(first).hello("early")).toBe("hello early");
    expect((await first) === (await alice.ocapn.enliven<Hello>(uri))).toBe(true);
    expect(alice.ocapn.sessions).toHaveLength(1);
  });

  it("several at once begins one session", async () => {
    const peers = makePeers();
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const uris = [makeHello(), makeHello()].map((hello) => bob.ocapn.serve(hello));
    await Promise.all(uris.map((uri) => alice.ocapn.enliven(uri)));
    expect(peers.network.connections()).toHaveLength(1);
  });

  it("an object of one's own gives the object itself", async () => {
    const { ocapn } = makePeers().make("bob");
    const hello = makeHello();
    const uri = ocapn.serve(hello);
    expect((await ocapn.enliven<Hello>(uri)) === (hello as unknown as Remote<Hello>)).toBe(true);
    ocapn.revoke(uri);
    expect(await reasonOf(ocapn.enliven(uri))).toMatchObject({ code: "unknown-object" });
  });

  it("a sturdyref that came as an argument works like its URI", async () => {
    const peers = makePeers();
    const [alice, bob, carol] = [peers.make("alice"), peers.make("bob"), peers.make("carol")];
    const sturdy = new SturdyRef(parseSturdyrefUri(carol.ocapn.serve(makeHello())));
    const box = Far("box", { get: () => [sturdy] });
    const remote = await alice.ocapn.enliven<{ get(): SturdyRef[] }>(bob.ocapn.serve(box));
    const [got] = (await E(remote).get()) as SturdyRef[];
    expect(got).toBeInstanceOf(SturdyRef);
    expect(JSON.stringify(got)).toBe("{}");
    expect(await E(await alice.ocapn.enliven<Hello>(got as SturdyRef)).hello("sturdy")).toBe("hello sturdy");
  });

  it.each([
    [
      "a swiss number that nobody has",
      "ocapn://bob.memory/s/AQID",
      { message: expect.stringContaining("no object is served") },
    ],
    [
      "a netlayer that is not there",
      "ocapn://bob.onion/s/AQID",
      { code: "unreachable", message: expect.stringContaining("no netlayer for onion; there are memory") },
    ],
    ["a peer that is not there", "ocapn://nobody.memory/s/AQID", { code: "unreachable" }],
    ["a URI of a peer", "ocapn://bob.memory", { code: "malformed" }],
    ["no URI", "hello", { code: "malformed" }],
    ["nothing", undefined as never, { message: "enliven: expected a URI or a SturdyRef, got undefined" }],
    ["null", null as never, { message: "enliven: expected a URI or a SturdyRef, got null" }],
  ])("refuses %s", async (_, uri, reason) => {
    const peers = makePeers();
    const alice = peers.make("alice");
    peers.make("bob");
    expect(await reasonOf(alice.ocapn.enliven(uri))).toMatchObject(reason);
    // It can be tried again, and fails again.
    expect(await reasonOf(alice.ocapn.enliven(uri))).toMatchObject(reason);
  });
});

describe("revoking", () => {
  it("is said to be done only where there was something", () => {
    const peers = makePeers();
    const [alice, bob] = [peers.make("alice"), peers.make("bob")];
    const uri = bob.ocapn.serve(makeHello());
    expect(alice.ocapn.revoke(uri)).toBe(false);
    expect(bob.ocapn.revoke("ocapn://bob.memory/s/AQID")).toBe(false);
    expect(bob.ocapn.revoke(uri)).toBe(true);
    expect(bob.ocapn.revoke(uri)).toBe(false);
    expect(() => bob.ocapn.revoke("hello")).toThrow("URI");
  });
});

describe("watching", () => {
  it.each([
    [
      "throws",
      (): void => {
        throw new Error("the disk is full");
      },
    ],
    ["rejects", async (): Promise<void> => Promise.reject(new Error("the disk is full"))],
  ])("can harm nothing that it watches where it %s", async (_, onWire) => {
    const peers = makePeers();
    let seen = 0;
    const watched = {
      onWire: () => {
        seen += 1;
        return onWire();
      },
    };
    const [alice, bob] = [peers.make("alice", watched), peers.make("bob", watched)];
    const hello = await alice.ocapn.enliven<Hello>(bob.ocapn.serve(makeHello()));
    expect(await E(hello).hello("there")).toBe("hello there");
    // An unhandled rejection fails the run.
    await turn();
    // Two questions and their answers at least, each seen on both sides.
    expect(seen).toBeGreaterThanOrEqual(8);
  });
});
