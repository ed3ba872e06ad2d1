/**
 * A worker of the browser that is a peer: sends back what it is sent, and dials whom it is told to.
 *
 * @module
 */
import { joinMessagePortHub, type MessagePortLike, type Netlayer } from "../../src/ocapn/index.ts";
import { exchange } from "./netlayers-page.ts";

let netlayer: Netlayer;

async function receive(data: unknown): Promise<void> {
  if (data instanceof MessagePort) {
    netlayer = await joinMessagePortHub({ port: data as unknown as MessagePortLike, MessageChannel });
    netlayer.listen((connection) => ({ onData: (bytes) => connection.send([bytes]), onClose() {} }));
    postMessage([netlayer.location.designator]);
  } else {
    const { uri, byteCount } = data as { readonly uri: string; readonly byteCount: number };
    postMessage(await exchange(netlayer, uri, new Uint8Array(byteCount)));
  }
}

addEventListener("message", ({ data }) => {
  void receive(data);
});
