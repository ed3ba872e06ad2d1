import { describe, expect, it } from "vitest";
import { BareGuest, makeTestKernel, PAGE } from "../../test/support/bare-guest.ts";
import type { Image, MachineState, ProcessState, TreeState } from "../image/index.ts";
import { DEFAULT_LIMITS, encodeImage } from "../image/index.ts";
import { recordOf } from "./process.ts";

const kernel = makeTestKernel();
const state: TreeState = BareGuest.spawn(kernel, { memoryBytes: 60_000 * PAGE }).process.freeze();
const process = state.processes[0] as ProcessState;

/** An image of the same guest, whose table has so many elements. */
function imageWith(elements: number): Image {
  const machine = { ...(process.machine as MachineState), tables: [Array<null>(elements).fill(null)] };
  return encodeImage({ ...state, processes: [{ ...process, machine }] });
}

/** A tree whose process holds these images, by their number. */
function holding(images: readonly Image[], held: readonly number[]): TreeState {
  const clist = [null, ...held.map((image) => ({ kind: "image", image }))];
  return { ...state, images, processes: [{ ...process, clist }] };
}

describe("images that a thawed process holds", () => {
  it("are decoded once for each content, however often they are held and named", () => {
    const image = imageWith(5000);
    const { clist, meter } = recordOf(kernel.thaw(holding([image, { ...image }], [0, 1, 0])));
    const sources = [1, 2, 3]
      .map((position) => clist.get(position))
      .map((entry) => entry?.kind === "source" && entry.source);
    expect(new Set(sources).size).toBe(1);
    const pages = (process.machine as MachineState).memories[0]?.pages ?? 0;
    expect(meter.reading.pagesHeld).toBe(3 * (pages + 2));
  });

  it("share one set of limits", () => {
    const most = DEFAULT_LIMITS.tableElementsMax - 1;
    const large = imageWith(most);
    expect(() => kernel.thaw(holding([large, imageWith(1)], [0, 1]))).not.toThrow();
    expect(() => kernel.thaw(holding([large, imageWith(2)], [0, 1]))).toThrow("has 2 elements, 1 more are accepted");
  });
});
