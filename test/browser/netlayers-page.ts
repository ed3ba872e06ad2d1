/**
 * The browser's half of the test of netlayers: dials Node by WebSocket, and has two workers that reach each other.
 *
 * @module
 */
import {
  type Connection,
  makeMessagePortHub,
  makeNobleEd25519,
  makeWebSocketNetlayer,
  type Netlayer,
  parsePeerUri,
} from "../../src/ocapn/index.ts";

/** Sends that, and gives as many bytes as came back, and how it ended. */
export async function exchange(netlayer: Netlayer, uri: string, bytes: Uint8Array): Promise<readonly string[]> {
  const log: string[] = [];
  const ended = Promise.withResolvers<void>();
  let received = 0;
  await netlayer.connect(parsePeerUri(uri), (connection: Connection) => {
    log.push(`proven ${connection.remoteDesignator}`);
    connection.send([bytes.slice(0, 10), bytes.slice(10)]);
    return {
      onData(data) {
        received += data.length;
        if (received === bytes.length) connection.close();
      },
      onClose(error) {
        log.push(`${received} bytes`, `buffered ${connection.bufferedBytes}`, error?.message ?? "closed");
        ended.resolve();
      },
    };
  });
  await ended.promise;
  return log;
}

/** With what the platform has. */
export function makeWebSocketDialler(): Netlayer {
  const ed25519 = makeNobleEd25519();
  const random = (byteLength: number): Uint8Array => crypto.getRandomValues(new Uint8Array(byteLength));
  return makeWebSocketNetlayer(
    { key: ed25519.makeKey(random(32)) },
    {
      ed25519,
      random,
      after(timeoutMs, callback) {
        const timer = setTimeout(callback, timeoutMs);
        return () => clearTimeout(timer);
      },
      WebSocket,
    },
  );
}

export async function dialNode(uri: string, byteCount: number): Promise<readonly string[]> {
  const netlayer = makeWebSocketDialler();
  const log = await exchange(netlayer, uri, new Uint8Array(byteCount));
  await netlayer.close();
  return log;
}

export async function failToDial(uri: string): Promise<string> {
  try {
    await makeWebSocketDialler().connect(parsePeerUri(uri), () => {
      throw new Error("attached");
    });
    return "connected";
  } catch (error) {
    return String(error);
  }
}

/** The page dials one worker; another worker dials it, too, and tells what it saw. */
export async function useWorkers(byteCount: number): Promise<readonly (readonly string[])[]> {
  const hub = makeMessagePortHub({ designator: "page", MessageChannel });
  const start = (designator: string): Worker => {
    const worker = new Worker(new URL("./netlayers-worker.ts", import.meta.url), { type: "module" });
    const port = hub.add(designator) as unknown as Transferable;
    worker.postMessage(port, [port]);
    return worker;
  };
  const [echo, asking] = [start("echo"), start("asking")];
  const told = (worker: Worker): Promise<readonly string[]> =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
  await Promise.all([told(echo), told(asking)]);
  const fromPage = await exchange(hub.netlayer, "ocapn://echo.message-port", new Uint8Array(byteCount));
  const answer = told(asking);
  asking.postMessage({ uri: "ocapn://echo.message-port", byteCount });
  const fromWorker = await answer;
  const ended = Promise.withResolvers<string>();
  await hub.netlayer.connect(parsePeerUri("ocapn://echo.message-port"), () => ({
    onData() {},
    onClose: (error) => ended.resolve(error?.message ?? "closed"),
  }));
  echo.terminate();
  hub.remove("echo");
  const afterRemoval = [await ended.promise];
  await hub.netlayer.close();
  asking.terminate();
  return [fromPage, fromWorker, afterRemoval];
}
