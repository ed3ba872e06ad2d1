/**
 * Endo's OCapN over its TCP netlayer. It is not on npm: a checkout of Endo whose packages can be imported is named by CAPER_ENDO.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { makeCounter, makeEventualClient, type RemoteCounter } from "./ocapn-eventual.ts";
import type { Missing, System } from "./ocapn-system.ts";

const NAME = "Endo ocapn";
const SWISS_NUMBER = "bench-counter";

/** What is used of its modules. */
interface Endo {
  readonly E: <T>(target: T) => T;
  readonly Far: (name: string, methods: object) => object;
  readonly makeClient: (options: object) => EndoClient;
  readonly makeTcpNetLayer: (options: object) => Promise<{ readonly location: object }>;
  readonly encodeSwissnum: (swissNumber: string) => unknown;
}

interface EndoClient {
  registerNetlayer(
    make: (handlers: object, logger: object) => Promise<{ readonly location: object }>,
  ): Promise<{ readonly location: object }>;
  registerSturdyRef(swissNumber: string, object: object): void;
  makeSturdyRef(location: object, swissNumber: unknown): object;
  enlivenSturdyRef(sturdyref: object): Promise<RemoteCounter>;
  shutdown(): void;
}

async function loadEndo(checkout: string): Promise<Endo> {
  const load = (file: string) => import(pathToFileURL(join(checkout, "packages", file)).href);
  await load("init/index.js");
  const modules = [
    "eventual-send/src/no-shim.js",
    "marshal/index.js",
    "ocapn/src/client/index.js",
    "ocapn/src/client/util.js",
    "ocapn/src/netlayers/tcp-test-only.js",
  ];
  return Object.assign({}, ...(await Promise.all(modules.map(load)))) as Endo;
}

function makeEndoOcapn({ E, Far, makeClient, makeTcpNetLayer, encodeSwissnum }: Endo): System {
  const quiet = { log() {}, error() {}, info() {} };
  const start = async (specifiedDesignator: string) => {
    const client = makeClient({ logger: quiet });
    const netlayer = await client.registerNetlayer((handlers, logger) =>
      makeTcpNetLayer({ handlers, logger, specifiedDesignator }),
    );
    return { client, location: netlayer.location };
  };
  let clients = 0;
  return {
    name: NAME,
    takesBytes: false,
    async serve() {
      const { client, location } = await start("server");
      client.registerSturdyRef(SWISS_NUMBER, makeCounter(Far));
      return JSON.stringify(location);
    },
    async connect(address) {
      const { client } = await start(`client-${process.pid}-${clients++}`);
      const sturdyref = client.makeSturdyRef(JSON.parse(address) as object, encodeSwissnum(SWISS_NUMBER));
      const counter = await client.enlivenSturdyRef(sturdyref);
      return makeEventualClient(E, counter, () => client.shutdown());
    },
  };
}

export async function loadEndoOcapn(): Promise<System | Missing> {
  const checkout = process.env.CAPER_ENDO;
  if (checkout === undefined) {
    return { name: NAME, missing: "name a checkout of Endo with its dependencies installed by CAPER_ENDO" };
  }
  if (!existsSync(join(checkout, "packages/ocapn/src/client/index.js"))) {
    return { name: NAME, missing: `CAPER_ENDO names ${checkout}, which has no packages/ocapn` };
  }
  return makeEndoOcapn(await loadEndo(checkout));
}
