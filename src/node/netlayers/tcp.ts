/**
 * The netlayer `tcp-testing-only`: messages on a plain TCP connection, as the conformance suite practises it. Whoever is on the way
 * can read and change everything, and nobody proves who they are: for tests and measurements, on one machine.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from "node:net";
import {
  type Attach,
  hintOf,
  limits,
  makePeerLocator,
  makeRoom,
  type Netlayer,
  OcapnError,
  type PeerLocator,
} from "../../ocapn/index.ts";
import { TcpConnection } from "./tcp-connection.ts";

const TRANSPORT = "tcp-testing-only";
const PORT = /^[1-9][0-9]{0,4}$/;

export interface TcpTestingInit {
  /** To listen at. Default: 127.0.0.1, and a port that is free. */
  readonly host?: string;
  readonly port?: number;
  /** Messages as they are, or each as `<length>:<message>`. Both sides must do the same: the locator does not say which. */
  readonly framing: "raw" | "prefixed";
  /** Default: a random one. */
  readonly designator?: string;
  /** Incoming ones at once, of which those that are on their way out give way. Default: `limits.CONNECTIONS_MAX`. */
  readonly connectionsMax?: number;
}

export async function makeTcpTestingNetlayer(init: TcpTestingInit): Promise<Netlayer> {
  const server = createServer({ noDelay: true });
  server.listen({ host: init.host ?? "127.0.0.1", port: init.port ?? 0 });
  await once(server, "listening");
  // What goes wrong from now on (too many open files) concerns one dial, whose dialler is told by the system.
  server.on("error", () => {});
  return new TcpNetlayer(server, init);
}

class TcpNetlayer implements Netlayer {
  readonly location: PeerLocator;
  readonly #server: Server;
  readonly #isPrefixed: boolean;
  readonly #connectionsMax: number;
  readonly #incoming = new Set<TcpConnection>();
  readonly #outgoing = new Set<TcpConnection>();
  readonly #dials = new Set<Socket>();
  #attach: Attach | undefined;
  #closing: Promise<void> | undefined;

  constructor(server: Server, init: TcpTestingInit) {
    this.#server = server;
    this.#isPrefixed = init.framing === "prefixed";
    this.#connectionsMax = init.connectionsMax ?? limits.CONNECTIONS_MAX;
    const { address, port } = server.address() as AddressInfo;
    this.location = makePeerLocator({
      transport: TRANSPORT,
      designator: init.designator ?? randomUUID().replaceAll("-", ""),
      hints: { host: address, port: String(port) },
    });
    server.on("connection", (socket) => {
      if (this.#attach === undefined || !makeRoom(this.#incoming, this.#connectionsMax)) socket.destroy();
      else this.#start(socket, this.#attach, this.#incoming);
    });
    Object.freeze(this);
  }

  listen(attach: Attach): void {
    this.#attach = attach;
  }

  async connect(location: PeerLocator, attach: Attach): Promise<void> {
    if (this.#closing !== undefined) throw new OcapnError("closed", `${TRANSPORT}: this netlayer is closed`);
    if (location.transport !== TRANSPORT) {
      throw new OcapnError("unreachable", `${TRANSPORT}: ${location.designator} is on ${location.transport}`);
    }
    const host = hintOf(location, "host");
    const port = hintOf(location, "port") ?? "";
    if (host === undefined || !PORT.test(port) || Number(port) > 65_535) {
      throw new OcapnError("unreachable", `${TRANSPORT}: ${location.designator} has no hints host and port`);
    }
    this.#start(await this.#dial(host, Number(port)), attach, this.#outgoing);
  }

  async #dial(host: string, port: number): Promise<Socket> {
    const socket = dial({ host, port, noDelay: true });
    // What goes wrong between the moment when it is connected and its connection's own listener: `close` may be that.
    socket.on("error", () => {});
    this.#dials.add(socket);
    try {
      await once(socket, "connect", { signal: AbortSignal.timeout(limits.CONNECT_TIMEOUT_MS) });
    } catch (cause) {
      socket.destroy();
      const reason = cause instanceof Error && "code" in cause ? cause.code : String(cause);
      throw new OcapnError("unreachable", `${TRANSPORT}: no connection to ${host}:${port}: ${reason}`, { cause });
    } finally {
      this.#dials.delete(socket);
    }
    if (this.#closing === undefined) return socket;
    socket.destroy();
    throw new OcapnError("closed", `${TRANSPORT}: this netlayer was closed while it dialled ${host}:${port}`);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#dials) socket.destroy(new Error("this netlayer is closed"));
    const connections = [...this.#incoming, ...this.#outgoing];
    for (const connection of connections) connection.close();
    await Promise.all([closed, ...connections.map((connection) => connection.closed)]);
  }

  #start(socket: Socket, attach: Attach, among: Set<TcpConnection>): void {
    const connection = new TcpConnection(socket, this.#isPrefixed);
    among.add(connection);
    void connection.closed.then(() => among.delete(connection));
    connection.start(attach);
  }
}
