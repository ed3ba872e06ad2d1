/**
 * TCP: as a netlayer like the others, in both framings, and with peers that misbehave.
 *
 * @module
 */
import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { hintOf, limits, type Netlayer, type PeerLocator, parsePeerUri } from "../../ocapn/index.ts";
import { errorOf, Listener } from "../../ocapn/netlayers/fixture.conformance.ts";
import { testBadPeers, testNetlayer } from "../../ocapn/netlayers/netlayer.conformance.ts";
import { makeTcpTestingNetlayer, type TcpTestingInit } from "./tcp.ts";

/** A port that was free a moment ago. */
async function findNowhere(): Promise<PeerLocator> {
  const netlayer = await makeTcpTestingNetlayer({ framing: "raw", designator: "nobody" });
  await netlayer.close();
  return netlayer.location;
}

async function makeNetwork(framing: "raw" | "prefixed") {
  return {
    makeNetlayer: () => makeTcpTestingNetlayer({ framing }),
    nowhere: await findNowhere(),
    proof: "none" as const,
  };
}

async function dialRaw(target: PeerLocator): Promise<Socket> {
  const socket = connect({ host: hintOf(target, "host") ?? "", port: Number(hintOf(target, "port")) });
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.resume();
  return socket;
}

async function sendRaw(target: PeerLocator, bytes: string): Promise<void> {
  const socket = await dialRaw(target);
  socket.write(bytes);
  await once(socket, "close");
}

testNetlayer("tcp-testing-only, raw", () => makeNetwork("raw"));
testNetlayer("tcp-testing-only, prefixed", () => makeNetwork("prefixed"));

testBadPeers(
  "tcp-testing-only, prefixed",
  async () => ({
    ...(await makeNetwork("prefixed")),
    diallers: {
      "no length": (target) => sendRaw(target, "5:hello<op:"),
      "a frame too long": (target) => sendRaw(target, `${limits.FRAME_BYTES_MAX + 1}:`),
      "a length without end": (target) => sendRaw(target, "1".repeat(10_000)),
      "a connection reset": async (target) => {
        const socket = await dialRaw(target);
        socket.resetAndDestroy();
        await once(socket, "close");
      },
    },
    listeners: {},
  }),
  {
    diallers: ["no length", "a frame too long", "a length without end", "a connection reset"],
    listeners: [],
  },
);

describe("tcp-testing-only", () => {
  const opened: { close(): unknown }[] = [];
  const open = async (init: Partial<TcpTestingInit> = {}): Promise<Netlayer> => {
    const netlayer = await makeTcpTestingNetlayer({ framing: "raw", ...init });
    opened.push(netlayer);
    return netlayer;
  };
  afterEach(async () => {
    vi.useRealTimers();
    for (const resource of opened.splice(0)) await resource.close();
  });

  it("has a location as the suite's", async () => {
    const { location } = await open({ designator: "abc" });
    expect(location).toEqual({
      transport: "tcp-testing-only",
      designator: "abc",
      hints: { host: "127.0.0.1", port: expect.stringMatching(/^[0-9]+$/) },
    });
    const [one, other] = [await open(), await open()];
    expect(one.location.designator).toMatch(/^[0-9a-f]{32}$/);
    expect(one.location.designator).not.toBe(other.location.designator);
  });

  it("rejects when it cannot listen", async () => {
    const port = Number(hintOf((await open()).location, "port"));
    await expect(makeTcpTestingNetlayer({ framing: "raw", port })).rejects.toThrow(/EADDRINUSE/);
  });

  it.each([
    "ocapn://a.tcp-testing-only",
    "ocapn://a.tcp-testing-only?host=127.0.0.1",
    "ocapn://a.tcp-testing-only?port=1",
    "ocapn://a.tcp-testing-only?host=127.0.0.1&port=0",
    "ocapn://a.tcp-testing-only?host=127.0.0.1&port=65536",
    "ocapn://a.tcp-testing-only?host=127.0.0.1&port=1e3",
  ])("does not dial %s", async (uri) => {
    const error = await errorOf((await open()).connect(parsePeerUri(uri), new Listener().attach));
    expect(error.code).toBe("unreachable");
    expect(error.message).toContain("no hints host and port");
  });

  it("hangs up on those that come before it listens", async () => {
    const socket = await dialRaw((await open()).location);
    await once(socket, "close");
  });

  it("can be closed at the moment when a dial comes through", async () => {
    const [near, far] = [await open(), await open()];
    far.listen(new Listener().attach);
    const dialler = new Listener();
    const sockets = channel("net.client.socket");
    const onSocket = (message: unknown): void => {
      const { socket } = message as { readonly socket: Socket };
      socket.once("connect", () => void near.close());
    };
    sockets.subscribe(onSocket);
    const error = await errorOf(near.connect(far.location, dialler.attach));
    sockets.unsubscribe(onSocket);
    expect(error.code).toBe("closed");
    expect(dialler.ends).toEqual([]);
  });

  it("takes as many connections as it may, and no more", async () => {
    const netlayer = await open({ connectionsMax: 2 });
    const listener = new Listener();
    netlayer.listen(listener.attach);
    const first = await dialRaw(netlayer.location);
    const second = await dialRaw(netlayer.location);
    await listener.connected(2);
    await once(await dialRaw(netlayer.location), "close");
    expect(listener.ends.length).toBe(2);
    first.destroy();
    await listener.ends[0]?.closed();
    const third = await dialRaw(netlayer.location);
    await listener.connected(3);
    for (const socket of [second, third]) socket.destroy();
  });

  it("takes no more for those that are on their way out: the oldest goes", async () => {
    const netlayer = await open({ connectionsMax: 3 });
    const listener = new Listener();
    netlayer.listen(listener.attach);
    const sockets: Socket[] = [];
    for (let count = 1; count <= 3; count += 1) {
      const socket = connect({ port: Number(hintOf(netlayer.location, "port")), allowHalfOpen: true });
      sockets.push(socket);
      await listener.connected(count);
    }
    const [first, second, third] = listener.ends;
    // None of them closes its own side.
    second?.connection.close();
    third?.connection.close();
    sockets.push(await dialRaw(netlayer.location));
    await listener.connected(4);
    expect(await second?.closed()).toMatchObject({ message: expect.stringContaining("more than 3 connections") });
    expect([first, third, listener.ends[3]].map((end) => end?.closes)).toEqual([[], [], []]);
    for (const socket of sockets) socket.destroy();
  });

  it("leaves a peer that neither reads nor closes", async () => {
    // It keeps its side open, whatever comes.
    const silent = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    opened.push(silent);
    const { port } = silent.address() as AddressInfo;
    const accepted = once(silent, "connection") as Promise<[Socket]>;
    const netlayer = await open();
    const dialler = new Listener();
    await netlayer.connect(parsePeerUri(`ocapn://a.tcp-testing-only?host=127.0.0.1&port=${port}`), dialler.attach);
    const [socket] = await accepted;
    socket.on("error", () => {});
    const [end] = dialler.ends;
    for (let count = 0; count < 32; count += 1) end?.connection.send([new Uint8Array(1 << 20)]);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    end?.connection.close();
    expect(end?.connection.bufferedBytes).toBeGreaterThan(0);
    vi.advanceTimersByTime(limits.CLOSE_TIMEOUT_MS - 1);
    expect(end?.closes).toEqual([]);
    vi.advanceTimersByTime(1);
    await end?.closed();
    expect(end?.connection.bufferedBytes).toBe(0);
    socket.destroy();
  });
});
