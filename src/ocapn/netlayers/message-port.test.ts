/**
 * Message ports: as a netlayer like the others, with the channels of Node, in one thread and with workers.
 *
 * @module
 */
import { once } from "node:events";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OcapnError } from "../errors.ts";
import { CONNECTIONS_MAX } from "../limits.ts";
import type { PeerLocator } from "../locator.ts";
import { errorOf, Listener, turns } from "./fixture.conformance.ts";
import {
  joinMessagePortHub,
  type MessageChannelConstructor,
  type MessagePortHub,
  makeMessagePortHub,
} from "./message-port.ts";
import type { MessagePortLike } from "./message-port-connection.ts";
import { testNetlayer } from "./netlayer.conformance.ts";

const platform = { MessageChannel: MessageChannel as unknown as MessageChannelConstructor };
/** Making text or a number of it throws. */
const NO_TEXT = { toString: 1, valueOf: 1 };
const nowhere = { transport: "message-port", designator: "nobody", hints: false } as const;

testNetlayer("message-port, of a page and its worker", () => {
  const hub = makeMessagePortHub({ designator: "page", ...platform });
  let count = 0;
  return {
    makeNetlayer: async () => {
      count += 1;
      return count === 1 ? hub.netlayer : joinMessagePortHub({ port: hub.add(`worker-${count}`), ...platform });
    },
    nowhere,
    proof: "both",
    canPause: false,
  };
});

testNetlayer("message-port, of two workers", () => {
  const hub = makeMessagePortHub({ designator: "page", ...platform });
  let count = 0;
  return {
    makeNetlayer: () => joinMessagePortHub({ port: hub.add(`worker-${++count}`), ...platform }),
    nowhere,
    proof: "both",
    canPause: false,
    dispose: () => hub.netlayer.close(),
  };
});

describe("message-port", () => {
  const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
  const at = (designator: string): PeerLocator => ({ transport: "message-port", designator, hints: false });
  let hub: MessagePortHub;
  const workers: Worker[] = [];

  beforeEach(() => {
    hub = makeMessagePortHub({ designator: "page", ...platform });
  });

  afterEach(async () => {
    await hub.netlayer.close();
    for (const worker of workers.splice(0)) await worker.terminate();
  });

  function startWorker(designator: string, friend?: string): Worker {
    const port = hub.add(designator) as unknown as MessagePort;
    const url = new URL("./message-port-worker.conformance.ts", import.meta.url);
    const worker = new Worker(url, { workerData: { port, friend }, transferList: [port] });
    workers.push(worker);
    return worker;
  }

  /** A worker that is in this thread, and speaks the protocol by hand. */
  async function joinByHand(designator: string): Promise<MessagePort> {
    const port = hub.add(designator) as unknown as MessagePort;
    const [welcome] = await once(port, "message");
    expect(welcome).toEqual({ type: "welcome", designator });
    return port;
  }

  it("reaches workers in their threads, and they reach each other", async () => {
    const listener = new Listener();
    hub.netlayer.listen(listener.attach);
    startWorker("one");
    startWorker("two", "page");
    const dialler = new Listener();
    // A worker listens a moment after it has joined.
    await vi.waitFor(() => hub.netlayer.connect(at("one"), dialler.attach), { timeout: 20_000, interval: 20 });
    dialler.ends[0]?.connection.send([ascii("echo"), ascii("es")]);
    expect(new TextDecoder().decode(await dialler.ends[0]?.received(6))).toBe("echoes");
    const [end] = await listener.connected(1);
    expect(new TextDecoder().decode(await end?.received(14))).toBe("hello from two");
    expect(end?.connection.remoteDesignator).toBe("two");

    const third = await joinMessagePortHub({ port: hub.add("three"), ...platform });
    const heard = new Listener();
    third.listen(heard.attach);
    startWorker("four", "three");
    const [other] = await heard.connected(1);
    expect(new TextDecoder().decode(await other?.received(15))).toBe("hello from four");
    expect(other?.connection.remoteDesignator).toBe("four");
    await third.close();
  });

  it("tells of a worker that ends in its midst", async () => {
    const worker = startWorker("one");
    const [atPage, atOther] = [new Listener(), new Listener()];
    const other = await joinMessagePortHub({ port: hub.add("other"), ...platform });
    await vi.waitFor(() => hub.netlayer.connect(at("one"), atPage.attach), { timeout: 20_000, interval: 20 });
    await other.connect(at("one"), atOther.attach);
    await worker.terminate();
    for (const { ends } of [atPage, atOther]) expect(await ends[0]?.closed()).toBeInstanceOf(OcapnError);
    expect((await errorOf(other.connect(at("one"), new Listener().attach))).code).toBe("unreachable");
    expect(() => hub.add("one")).not.toThrow();
    await other.close();
  });

  it("breaks off the connections of a worker that is removed, also those with other workers", async () => {
    const [one, two] = [await joinMessagePortHub({ port: hub.add("one"), ...platform }), new Listener()];
    const other = await joinMessagePortHub({ port: hub.add("two"), ...platform });
    other.listen(two.attach);
    const [dialler, fromPage] = [new Listener(), new Listener()];
    one.listen(new Listener().attach);
    await one.connect(at("two"), dialler.attach);
    await hub.netlayer.connect(at("one"), fromPage.attach);
    const stays = new Listener();
    await hub.netlayer.connect(at("two"), stays.attach);
    hub.remove("one");
    hub.remove("one");
    for (const { ends } of [two, fromPage, dialler]) expect(await ends[0]?.closed()).toBeInstanceOf(OcapnError);
    await turns(5);
    expect(stays.ends[0]?.closes).toEqual([]);
    await other.close();
  });

  it("gives no name twice", () => {
    hub.add("one");
    expect(() => hub.add("one")).toThrow(RangeError);
    expect(() => hub.add("page")).toThrow(RangeError);
  });

  it("sends none of what lies around a message", async () => {
    const listener = new Listener();
    hub.netlayer.listen(listener.attach);
    const one = await joinMessagePortHub({ port: hub.add("one"), ...platform });
    const dialler = new Listener();
    await one.connect(at("page"), dialler.attach);
    const buffer = new Uint8Array(1_000).fill(7);
    dialler.ends[0]?.connection.send([buffer.subarray(10, 12)]);
    await listener.ends[0]?.received(2);
    expect(listener.ends[0]?.chunks[0]?.buffer.byteLength).toBe(2);
    expect(buffer.byteLength).toBe(1_000);
    await one.close();
  });

  it("says what the other side has not taken yet", async () => {
    hub.netlayer.listen(new Listener().attach);
    const one = await joinMessagePortHub({ port: hub.add("one"), ...platform });
    const dialler = new Listener();
    await one.connect(at("page"), dialler.attach);
    dialler.ends[0]?.connection.send([ascii("abc"), ascii("de")]);
    expect(dialler.ends[0]?.connection.bufferedBytes).toBe(5);
    await vi.waitFor(() => expect(dialler.ends[0]?.connection.bufferedBytes).toBe(0));
    await one.close();
  });

  it.each<[string, unknown]>([
    ["null", null],
    ["text", "hello"],
    ["a number", 7],
    ["a buffer", new ArrayBuffer(8)],
    ["an unknown type", { type: "toString" }],
    ["an opening, once more", { type: "open" }],
    ["a refusal, too late", { type: "refused", reason: "x" }],
    ["a count that is none", { type: "taken", byteCount: "x" }],
    ["a count that cannot be made one", { type: "taken", byteCount: NO_TEXT }],
    ["a count below zero", { type: "taken", byteCount: -1 }],
    ["shared memory", new Uint8Array(new SharedArrayBuffer(8))],
  ])("breaks off a connection in which comes %s", async (_, garbage) => {
    const listener = new Listener();
    hub.netlayer.listen(listener.attach);
    const port = await joinByHand("bad");
    const { port1, port2 } = new MessageChannel();
    port.postMessage({ type: "dial", to: "page", port: port2 }, [port2]);
    await once(port1, "message");
    port1.postMessage({ type: "taken", byteCount: 1e9 });
    port1.postMessage(garbage);
    expect(await listener.ends[0]?.closed()).toBeInstanceOf(OcapnError);
    expect(listener.ends[0]?.connection.bufferedBytes).toBe(0);
    const one = await joinMessagePortHub({ port: hub.add("one"), ...platform });
    await one.connect(at("page"), new Listener().attach);
    await one.close();
    port1.close();
  });

  it.each<[string, unknown]>([
    ["null", null],
    ["text", "hello"],
    ["a dial without a port", { type: "dial", to: "page" }],
    ["a dial with something else", { type: "dial", to: "page", port: { postMessage: 1 } }],
  ])("leaves a worker that says %s to the hub", async (_, garbage) => {
    const listener = new Listener();
    hub.netlayer.listen(listener.attach);
    const port = await joinByHand("bad");
    const closed = once(port, "close");
    port.postMessage(garbage);
    await closed;
    expect((await errorOf(hub.netlayer.connect(at("bad"), new Listener().attach))).code).toBe("unreachable");
  });

  it("leaves a worker that dials what is no name", async () => {
    const port = await joinByHand("bad");
    const closed = once(port, "close");
    const { port2 } = new MessageChannel();
    port.postMessage({ type: "dial", to: NO_TEXT, port: port2 }, [port2]);
    await closed;
  });

  it("takes a refusal for one whatever its reason is", async () => {
    const port = await joinByHand("bad");
    const dialling = errorOf(hub.netlayer.connect(at("bad"), new Listener().attach));
    const [incoming] = (await once(port, "message")) as [{ readonly port: MessagePort }];
    incoming.port.postMessage({ type: "refused", reason: NO_TEXT });
    expect((await dialling).message).toContain("it was refused");
  });

  it("takes no bytes from who is not open yet", async () => {
    const port = await joinByHand("bad");
    const dialler = new Listener();
    const dialling = errorOf(hub.netlayer.connect(at("bad"), dialler.attach));
    const [incoming] = (await once(port, "message")) as [{ readonly from: string; readonly port: MessagePort }];
    expect(incoming.from).toBe("page");
    incoming.port.postMessage(ascii("hello"));
    expect((await dialling).message).toContain("bytes before it was open");
    expect(dialler.ends).toEqual([]);
  });

  it("takes as many connections as it may, and no more", async () => {
    hub.netlayer.listen(new Listener().attach);
    const port = await joinByHand("greedy");
    const ends: MessagePort[] = [];
    const dial = async (): Promise<unknown> => {
      const { port1, port2 } = new MessageChannel();
      ends.push(port1);
      port.postMessage({ type: "dial", to: "page", port: port2 }, [port2]);
      return (await once(port1, "message"))[0];
    };
    for (let count = 0; count < CONNECTIONS_MAX; count += 1) expect(await dial()).toEqual({ type: "open" });
    expect(await dial()).toMatchObject({ type: "refused" });
    ends[0]?.postMessage({ type: "end" });
    await once(ends[0]!, "message");
    expect(await dial()).toEqual({ type: "open" });
    for (const end of ends) end.close();
  });

  it("rejects a join when the hub is gone", async () => {
    const { port1, port2 } = new MessageChannel();
    const joining = joinMessagePortHub({ port: port1 as unknown as MessagePortLike, ...platform });
    port2.close();
    expect((await errorOf(joining)).code).toBe("disconnected");
  });
});
