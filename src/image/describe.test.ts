import { describe, expect, it } from "vitest";
import { MODULE_BYTES, memoryOf, processOf, treeOf } from "../../test/support/image-states.ts";
import { decodeImage, describeImage, describeStatus, encodeImage, moduleCid, type StatusState } from "./index.ts";

describe("the description of an image", () => {
  it("says what it is, what it holds and how large it is, in plain JSON", () => {
    const held = encodeImage(treeOf());
    const tree = treeOf({
      images: [held],
      processes: [
        processOf({
          clist: [null, { locator: "console" }, { child: 1 }, { locator: { endowment: "files", size: 3n } }, [1], 5],
        }),
        processOf({
          parent: 0,
          machine: null,
          status: { state: "ended", stop: { kind: "exit", code: 3 } },
          mailbox: [],
        }),
      ],
    });
    const description = describeImage(decodeImage(encodeImage(tree)));
    expect(JSON.parse(JSON.stringify(description))).toEqual(description);
    expect(description).toEqual({
      rewriter: "1",
      gasSchedule: 1,
      modules: [{ cid: moduleCid(MODULE_BYTES), bytes: 8 }],
      images: [held.root],
      processes: [
        {
          index: 0,
          parent: null,
          module: moduleCid(MODULE_BYTES),
          guest: "wasi",
          status: "parked",
          meter: { gasGranted: 50_000_000, gasUsed: 1234, pagesMax: 1024 },
          started: true,
          memories: [{ bytes: 65536, bytesUsed: 3 * 4096 }],
          tables: [{ elements: 4, elementsUsed: 2 }],
          globals: 5,
          frames: [
            { func: 12, point: 3, values: 3 },
            { func: 40, point: 0, values: 0 },
          ],
          pending: "call",
          clist: [
            { position: 1, locator: "console" },
            { position: 2, locator: null },
            { position: 3, locator: '{"size":"3","endowment":"files"}' },
            { position: 4, locator: null },
            { position: 5, locator: null },
          ],
          mailbox: 1,
        },
        expect.objectContaining({
          parent: 0,
          status: "ended: exit 3",
          started: false,
          memories: [],
          frames: [],
          mailbox: 0,
        }),
      ],
    });
  });

  it("does not show the secrets of sturdyrefs", () => {
    const uri = "ocapn://abc.tcp-testing-only/s/c2VjcmV0?host=127.0.0.1";
    const tree = treeOf({
      processes: [processOf({ clist: [null, { locator: { ocapn: uri, note: "ocapn://abc.tcp" } }] })],
    });
    expect(describeImage(tree).processes[0]?.clist).toEqual([
      { position: 1, locator: '{"ocapn":"ocapn://abc.tcp-testing-only/s/…","note":"ocapn://abc.tcp"}' },
    ]);
  });

  it("counts the memory in use by pages of 4 KiB", () => {
    const machine = { ...(processOf().machine as NonNullable<ReturnType<typeof processOf>["machine"]>) };
    const memories = [
      memoryOf(0, []),
      memoryOf(2, []),
      memoryOf(1, [
        [4095, 1],
        [4096, 1],
      ]),
    ];
    const [process] = describeImage(
      treeOf({ processes: [processOf({ machine: { ...machine, memories } })] }),
    ).processes;
    expect(process?.memories.map((memory) => memory.bytesUsed)).toEqual([0, 0, 8192]);
  });

  it.each<[string, StatusState]>([
    ["idle", { state: "idle" }],
    ["stopped: out-of-gas", { state: "stopped", stop: { kind: "out-of-gas" } }],
    ["stopped: out-of-memory, 17 pages wanted", { state: "stopped", stop: { kind: "out-of-memory", pagesWanted: 17 } }],
    ["ended: trap unreachable: at 5", { state: "ended", stop: { kind: "trap", code: "unreachable", message: "at 5" } }],
    ["ended: fault: oh", { state: "ended", stop: { kind: "fault", message: "oh" } }],
  ])("has the status %s", (text, status) => {
    expect(describeStatus(status)).toBe(text);
  });
});
