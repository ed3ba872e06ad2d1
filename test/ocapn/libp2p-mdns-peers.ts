/**
 * Two libp2p peers that know nothing of each other, in a network that has only the loopback interface: one finds the other by
 * multicast DNS, and dials it by its peer id alone. Run by libp2p-mdns.test.ts.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { startNodeLibp2p } from "../../src/node/netlayers/libp2p/index.ts";
import type { ConnectionHandler } from "../../src/ocapn/index.ts";

const ignore: ConnectionHandler = { onData: () => {}, onClose: () => {} };
const start = (listen: readonly string[]) => startNodeLibp2p({ seed: randomBytes(32), listen, mdns: true });

const hidden = await start(["/ip4/127.0.0.1/tcp/0"]);
const seeker = await start([]);
const { promise: visitor, resolve: onVisitor } = Promise.withResolvers<string | undefined>();
hidden.listen((connection) => {
  onVisitor(connection.remoteDesignator);
  return ignore;
});
while (seeker.nearby().length === 0) await wait(20);
const found = seeker.nearby();
await seeker.connect({ ...hidden.location, hints: false }, () => ignore);
const result = { found, hidden: hidden.location, seeker: seeker.location.designator, visitor: await visitor };
await Promise.all([hidden.close(), seeker.close()]);
console.log(JSON.stringify(result));
