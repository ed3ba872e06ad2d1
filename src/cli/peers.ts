/**
 * Netlayers by the names that the command line has for them: to be reached by, and to reach others.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { isIP, isIPv6 } from "node:net";
import type { Command } from "commander";
import {
  makeNodeEd25519,
  makeNodeWebSocketNetlayer,
  makeTcpTestingNetlayer,
  nodeWebSocketComponents,
} from "../node/index.ts";
import { KEY_BYTES, makeWebSocketNetlayer, type Netlayer, type SigningKey } from "../ocapn/index.ts";
import { CliError } from "./errors.ts";

export const LISTEN_DEFAULT = "websocket";
const LOOPBACK = "127.0.0.1";
const PORT_MAX = 65_535;

export interface ListenOptions {
  readonly listen: string;
  readonly host: string;
  readonly port: string;
}

export function addListenOptions(command: Command): Command {
  return command
    .option(
      "--listen <netlayer>",
      "how others reach it: websocket, libp2p (encrypted), or tcp (for tests)",
      LISTEN_DEFAULT,
    )
    .option("--host <address>", "where it listens: an IP address of this machine", LOOPBACK)
    .option("--port <number>", "at which port; 0 is one that is free", "0");
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly seed: Uint8Array;
}

interface NetlayerKind {
  /** In locators. */
  readonly transport: string;
  /** For people, in a sentence. */
  readonly security: string;
  listen(place: Place): Promise<Netlayer>;
  /** Only to dial. */
  dial(): Promise<Netlayer>;
}

const KINDS: ReadonlyMap<string, NetlayerKind> = new Map([
  [
    "websocket",
    {
      transport: "websocket",
      security: "callers know whom they reach, nothing is encrypted",
      listen: ({ host, port, seed }: Place) => makeNodeWebSocketNetlayer({ key: makeKey(seed), host, port }),
      dial: async () => makeWebSocketNetlayer({ key: makeKey(newSeed()) }, nodeWebSocketComponents()),
    },
  ],
  [
    "libp2p",
    {
      transport: "libp2p",
      security: "authenticated and encrypted",
      async listen({ host, port, seed }: Place): Promise<Netlayer> {
        const { startNodeLibp2p } = await import("../node/netlayers/libp2p/index.ts");
        return startNodeLibp2p({ seed, listen: [`/${isIPv6(host) ? "ip6" : "ip4"}/${host}/tcp/${port}`] });
      },
      async dial(): Promise<Netlayer> {
        const { startNodeLibp2p } = await import("../node/netlayers/libp2p/index.ts");
        return startNodeLibp2p({ seed: newSeed() });
      },
    },
  ],
  [
    "tcp",
    {
      transport: "tcp-testing-only",
      security: "for tests: nobody proves anything, nothing is encrypted",
      listen: ({ host, port, seed }: Place) =>
        makeTcpTestingNetlayer({
          framing: "raw",
          host,
          port,
          designator: Buffer.from(seed.subarray(0, 16)).toString("hex"),
        }),
      dial: () => makeTcpTestingNetlayer({ framing: "raw" }),
    },
  ],
]);

function newSeed(): Uint8Array {
  return new Uint8Array(randomBytes(KEY_BYTES));
}

function makeKey(seed: Uint8Array): SigningKey {
  return makeNodeEd25519().makeKey(seed);
}

export interface Listening {
  readonly netlayer: Netlayer;
  /** Where it listens, and how safe that is, for people. */
  readonly description: string;
}

export async function startListening(options: ListenOptions, seed: Uint8Array): Promise<Listening> {
  const { listen, host } = options;
  const kind = KINDS.get(listen);
  if (kind === undefined) {
    throw new CliError("usage", `--listen: expected websocket, libp2p or tcp, got ${JSON.stringify(listen)}`);
  }
  const port = Number(options.port);
  if (!/^\d{1,5}$/.test(options.port) || port > PORT_MAX)
    throw new CliError("usage", `--port: expected a number up to ${PORT_MAX}, got ${JSON.stringify(options.port)}`);
  if (isIP(host) === 0) throw new CliError("usage", `--host: expected an IP address, got ${JSON.stringify(host)}`);
  if (listen === "tcp" && !isLoopback(host)) {
    throw new CliError(
      "usage",
      "--host: tcp lets anybody on the way read and change everything; listen with libp2p there",
    );
  }
  try {
    const netlayer = await kind.listen({ host, port, seed });
    return { netlayer, description: `by ${listen} at ${host}: ${kind.security}` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError("network", `--listen ${listen}: cannot listen at ${host}, port ${port}: ${reason}`, {
      cause: error,
    });
  }
}

function isLoopback(host: string): boolean {
  return host === "::1" || /^127\./.test(host);
}

/** One netlayer for each transport that is named. */
export async function startDialling(transports: ReadonlySet<string>): Promise<readonly Netlayer[]> {
  const kinds = [...transports].map((transport) => {
    const kind = [...KINDS.values()].find((one) => one.transport === transport);
    if (kind !== undefined) return kind;
    const known = [...KINDS.values()].map((one) => one.transport).join(", ");
    throw new CliError("usage", `call: ${transport} is no way to a peer that is known here; there are ${known}`);
  });
  return Promise.all(kinds.map((kind) => kind.dial()));
}
