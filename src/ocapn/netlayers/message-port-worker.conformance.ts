/**
 * A worker for the tests of message ports: sends back what it is sent, and dials whom it is told to, to send a greeting.
 *
 * @module
 */
import { MessageChannel, type MessagePort, workerData } from "node:worker_threads";
import type { Attach } from "../netlayer.ts";
import { joinMessagePortHub, type MessageChannelConstructor } from "./message-port.ts";
import type { MessagePortLike } from "./message-port-connection.ts";

const { port, friend } = workerData as { readonly port: MessagePort; readonly friend?: string };
const netlayer = await joinMessagePortHub({
  port: port as unknown as MessagePortLike,
  MessageChannel: MessageChannel as unknown as MessageChannelConstructor,
});

const echo: Attach = (connection) => ({
  onData: (bytes) => connection.send([bytes]),
  onClose() {},
});
netlayer.listen(echo);

if (friend !== undefined) {
  const greet: Attach = (connection) => {
    connection.send([new TextEncoder().encode(`hello from ${netlayer.location.designator}`)]);
    return { onData() {}, onClose() {} };
  };
  await netlayer.connect({ transport: "message-port", designator: friend, hints: false }, greet);
}
