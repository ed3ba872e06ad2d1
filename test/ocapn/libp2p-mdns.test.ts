/**
 * Discovery by multicast DNS, in a network namespace of its own: its packets leave this machine nowhere.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectRoot } from "../support/sources.ts";

const LOOPBACK_WITH_MULTICAST = [
  "ip link set lo up",
  "ip link set lo multicast on",
  "ip route add 224.0.0.0/4 dev lo",
].join(" && ");

function runInside(command: string): ReturnType<typeof spawnSync> {
  const script = `${LOOPBACK_WITH_MULTICAST} && ${command}`;
  return spawnSync("unshare", ["--net", "--map-root-user", "sh", "-c", script], { encoding: "utf8", timeout: 100_000 });
}

const reason = "needs Linux with unshare, ip (npm run setup), and the right to make network namespaces";
const name = "peers in one local network";
if (runInside("true").status === 0) describe(name, testDiscovery);
else if (process.env.CI) it(name, () => Promise.reject(new Error(reason)));
else describe.skip(`${name} (${reason})`, testDiscovery);

function testDiscovery(): void {
  it("find each other, and dial by the peer id alone", () => {
    const script = join(projectRoot, "test/ocapn/libp2p-mdns-peers.ts");
    const { stdout, stderr } = runInside(`exec "${process.execPath}" "${script}"`);
    expect(String(stderr)).toBe("");
    const result = JSON.parse(String(stdout));
    expect(result.found).toEqual([result.hidden]);
    expect(result.visitor).toBe(result.seeker);
  });
}
