/**
 * A libp2p peer in a page: the browser's half of libp2p-browser.test.ts.
 *
 * @module
 */
import { formatPeerUri, type Netlayer, type PeerLocator, parsePeerUri } from "../../src/ocapn/index.ts";
import { startBrowserLibp2p } from "../../src/ocapn/netlayers/libp2p/index.ts";

let netlayer: Netlayer | undefined;
const visitors: string[] = [];

/** Sends back what comes; answers with its location. */
export async function start(relays: readonly string[]): Promise<string> {
  netlayer = await startBrowserLibp2p({ seed: crypto.getRandomValues(new Uint8Array(32)), relays });
  netlayer.listen((connection) => {
    visitors.push(String(connection.remoteDesignator));
    return { onData: (bytes) => connection.send([bytes]), onClose() {} };
  });
  return formatPeerUri(netlayer.location);
}

export function listVisitors(): readonly string[] {
  return visitors;
}

export async function stop(): Promise<void> {
  await netlayer?.close();
}

/** Sends so many bytes, and tells what came back and how it ended. */
export async function dial(uri: string, byteCount: number): Promise<readonly string[]> {
  const location: PeerLocator = parsePeerUri(uri);
  const log: string[] = [];
  const ended = Promise.withResolvers<void>();
  await netlayer?.connect(location, (connection) => {
    log.push(`proven ${connection.remoteDesignator}`);
    connection.send([Uint8Array.from({ length: byteCount }, (_, at) => at % 251)]);
    let at = 0;
    let isRight = true;
    return {
      onData(bytes) {
        isRight &&= bytes.every((byte, index) => byte === (at + index) % 251);
        at += bytes.length;
        if (at === byteCount) connection.close();
      },
      onClose(error) {
        log.push(`${at} bytes, ${isRight ? "right" : "wrong"}`, error?.message ?? "closed");
        ended.resolve();
      },
    };
  });
  await ended.promise;
  return log;
}

export async function failToDial(uri: string): Promise<string> {
  try {
    await dial(uri, 1);
    return "connected";
  } catch (error) {
    return String(error);
  }
}
