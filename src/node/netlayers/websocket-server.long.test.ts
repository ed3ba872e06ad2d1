/**
 * Frames that never come whole, on many WebSockets at once.
 *
 * @module
 */
import { once } from "node:events";
import type { Socket } from "node:net";
import { expect, it } from "vitest";
import { hintOf, limits } from "../../ocapn/index.ts";
import { Listener, type Recorder, turns } from "../../ocapn/netlayers/fixture.conformance.ts";
import { encodeChallenge } from "../../ocapn/netlayers/peer-auth.ts";
import { BINARY, dialRaw, encodeFrame } from "./raw-websocket.conformance.ts";
import { makeNodeWebSocketNetlayer } from "./websocket-server.ts";

const FRAME = encodeFrame({ opcode: BINARY, payload: new Uint8Array(limits.FRAME_BYTES_MAX) });

it("unfinished frames of all peers may be so much together; past it the connection that holds most is broken off", async () => {
  const netlayer = await makeNodeWebSocketNetlayer();
  const listener = new Listener();
  netlayer.listen(listener.attach);
  const sockets: Socket[] = [];
  const dial = async (): Promise<Recorder> => {
    const socket = await dialRaw(hintOf(netlayer.location, "url") ?? "");
    sockets.push(socket);
    socket.write(encodeFrame({ opcode: BINARY, payload: encodeChallenge(new Uint8Array(32)) }));
    return (await listener.connected(sockets.length))[sockets.length - 1] as Recorder;
  };
  // A few more than fit with what their pieces take.
  const count = Math.ceil(limits.UNFINISHED_BYTES_MAX / FRAME.length) + 2;
  const friend = await dial();
  const friends = sockets[0] as Socket;
  friends.write(FRAME.subarray(0, 1_000));
  for (let at = 0; at < count; at += 1) {
    await dial();
    const socket = sockets.at(-1) as Socket;
    if (!socket.write(FRAME.subarray(0, -1))) await Promise.race([once(socket, "drain"), once(socket, "close")]);
  }
  const broken = (): readonly (Error | undefined)[] => listener.ends.flatMap(({ closes }) => closes);
  for (let turn = 0; turn < 2_000 && broken().length < 2; turn += 1) await turns(1);
  expect(broken().length).toBeGreaterThanOrEqual(2);
  expect(broken().length).toBeLessThan(6);
  for (const error of broken()) {
    expect(error).toMatchObject({ code: "limit", message: expect.stringContaining("of unfinished messages") });
  }
  expect(friend.closes).toEqual([]);
  friends.write(FRAME.subarray(1_000));
  expect(await friend.received(limits.FRAME_BYTES_MAX)).toHaveLength(limits.FRAME_BYTES_MAX);
  for (const socket of sockets) socket.destroy();
  await netlayer.close();
});
