/**
 * @endo/captp over a TCP connection that carries a line of JSON for each message; its README leaves the connection to its users.
 *
 * @module
 */
import "@endo/init";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { E, makeCapTP } from "@endo/captp";
import { Far } from "@endo/marshal";
import { makeCounter, makeEventualClient, type RemoteCounter } from "./ocapn-eventual.ts";
import type { System } from "./ocapn-system.ts";

function attach(socket: Socket, bootstrap?: object): ReturnType<typeof makeCapTP> {
  socket.setNoDelay(true);
  const captp = makeCapTP("bench", (message) => socket.write(`${JSON.stringify(message)}\n`), bootstrap);
  createInterface({ input: socket }).on("line", (line) => captp.dispatch(JSON.parse(line)));
  return captp;
}

export const endoCaptp: System = {
  name: "@endo/captp",
  takesBytes: false,
  async serve() {
    const server = createServer((socket) => attach(socket, makeCounter(Far)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return String((server.address() as AddressInfo).port);
  },
  async connect(address) {
    const socket = connect(Number(address), "127.0.0.1");
    await once(socket, "connect");
    const captp = attach(socket);
    return makeEventualClient(E, captp.getBootstrap() as RemoteCounter, () => void socket.destroy());
  },
};
