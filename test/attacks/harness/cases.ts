/**
 * The ten cases, as data: what each look-alike is used for, what it holds, and the harm it must be seen to do in plain Node.
 *
 * @module
 */
import type { AttackCase } from "./case.ts";
import { payInvoice } from "./realm.ts";
import { SECRETS } from "./sandbox.ts";
import { HONEST_ADDRESS } from "./sink.ts";

const USER_AGENT = "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.1 Safari/537.36";

export const CASES: readonly AttackCase[] = [
  {
    folder: "eslint-scope",
    title: "eslint-scope 3.7.2 (2018)",
    firesAt: "postinstall",
    name: "lookalike-eslint-scope",
    endowments: {},
    use: ({ analyze }) => analyze("const a = 1; function f() {} class C {}"),
    expected: { names: ["a", "f", "C"], count: 3 },
    harm: ["script postinstall", "sent npm token"],
    scripts: ["lib/build.js"],
    denied: ["http", "directory"],
  },
  {
    folder: "event-stream",
    title: "event-stream / flatmap-stream 0.1.1 (2018)",
    firesAt: "import",
    name: "lookalike-flatmap-stream",
    siblings: ["wallet"],
    endowments: { environment: ["npm_package_description"] },
    use({ flatmap, about }, { siblings }) {
      const { Credentials } = siblings["lookalike-wallet"];
      const keys = new Credentials(SECRETS["wallet seed"]).getKeys("right");
      const words = flatmap(["a b", "c"], (text: string) => text.split(" "));
      return { words, about: about(), keys: keys === SECRETS["wallet seed"] };
    },
    expected: { words: ["a", "b", "c"], about: "flatmap for A Secure Bitcoin Wallet", keys: true },
    harm: ["decrypted", "sent wallet seed", "patched lookalike-wallet.Credentials.prototype.getKeys"],
    scripts: [],
    denied: ["http"],
  },
  {
    folder: "ua-parser-js",
    title: "ua-parser-js 0.7.29 (2021)",
    firesAt: "preinstall",
    name: "lookalike-ua-parser-js",
    endowments: {},
    use: ({ parse }) => parse(USER_AGENT),
    expected: { name: "Chrome", version: "120.0.1" },
    harm: ["script preinstall", "spawned jsextension", "sent browser login"],
    scripts: ["preinstall.js"],
    denied: ["http", "directory"],
  },
  {
    folder: "colors",
    title: "colors 1.4.44-liberty-2 / faker 6.6.6 (2022)",
    firesAt: "import",
    name: "lookalike-colors",
    endowments: { consoleLines: 10 },
    use: ({ red, demo }) => [red("warning"), demo()],
    expected: ["\u001b[31mwarning\u001b[0m", 3],
    harm: ["endless", "flood"],
    scripts: [],
    denied: ["console"],
    isEndless: true,
  },
  {
    folder: "node-ipc",
    title: "node-ipc + peacenotwar (2022)",
    firesAt: "import, later, at random",
    name: "lookalike-node-ipc",
    along: ["peacenotwar"],
    endowments: { timers: true, random: true, clock: true, directory: "project" },
    async use({ deliver }) {
      const seen = await deliver("hello", (event: { space: string; message: string; id: string }) => [
        event.space,
        event.message,
        event.id.length > 0,
      ]);
      return seen;
    },
    expected: ["app", "hello", true],
    harm: [
      "changed home/documents/diary.txt",
      "changed home/WITH-LOVE-FROM-AMERICA.txt",
      "changed project/data/settings.json",
      "reached the sink",
    ],
    scripts: [],
    denied: ["http", "directory"],
  },
  {
    folder: "solana-web3",
    title: "@solana/web3.js 1.95.6 (2024)",
    firesAt: "an ordinary call",
    name: "lookalike-solana-web3",
    endowments: { http: true },
    use: ({ Connection }, { honest }) =>
      new Connection(honest).sendTransaction(SECRETS["secret key"], { to: "somebody", amount: 5 }),
    expected: "confirmed",
    harm: ["sent secret key"],
    scripts: [],
    denied: ["http"],
  },
  {
    folder: "nx",
    title: "Nx s1ngularity (Aug 2025)",
    firesAt: "postinstall",
    name: "lookalike-nx",
    endowments: { directory: "project" },
    use: ({ buildOrder }) => buildOrder("data"),
    expected: ["base", "library", "icons", "app"],
    harm: [
      "script postinstall",
      "spawned claude",
      "sent npm token",
      "sent ssh key",
      "sent environment token",
      "changed home/.bashrc",
    ],
    scripts: ["telemetry.js"],
    denied: ["http", "environment", "child_process"],
  },
  {
    folder: "chalk",
    title: "chalk / debug and 16 more (Sep 2025)",
    firesAt: "import, in browsers",
    name: "lookalike-chalk",
    endowments: { environment: ["FORCE_COLOR"] },
    async use({ red }, { honest }) {
      return { red: red("x"), paid: await payInvoice(honest) };
    },
    expected: { red: "\u001b[31mx\u001b[39m", paid: [HONEST_ADDRESS, HONEST_ADDRESS] },
    harm: ["patched fetch", "patched ethereum.request", "patched JSON.parse", "result"],
    scripts: [],
    denied: ["http"],
  },
  {
    folder: "shai-hulud",
    title: "Shai-Hulud 1 and 2 (Sep, Nov 2025)",
    firesAt: "pre- and postinstall",
    name: "lookalike-tinycolor",
    siblings: ["neighbour"],
    endowments: { environment: ["TINYCOLOR_MODE"] },
    use: ({ parse, mode }) => [parse("#ff8000"), mode()],
    expected: [[255, 128, 0], "strict"],
    harm: [
      "script preinstall",
      "script postinstall",
      "spawned trufflehog",
      "sent environment token",
      "sent npm token",
      "sent aws key",
      "sent ssh key",
      "changed project/node_modules/lookalike-neighbour/package.json",
      "changed home/documents/diary.txt",
    ],
    scripts: ["setup.js", "bundle.js"],
    denied: ["http", "directory"],
  },
  {
    folder: "axios",
    title: "axios 1.14.1 (2026)",
    firesAt: "postinstall of a phantom dependency",
    name: "lookalike-axios",
    along: ["phantom"],
    endowments: { http: true },
    use: ({ get }, { honest }) => get(`${honest}/invoice`),
    expected: { status: 200, data: { payTo: HONEST_ADDRESS, amount: 5 } },
    harm: ["script postinstall", "spawned jsextension", "sent npm token"],
    scripts: ["../phantom/setup.js"],
    denied: ["http", "directory"],
  },
];
