/**
 * What an image file holds, as plain data for `caper inspect --json`: the image layer's description, with the names of the
 * functions on each stack. Reading it runs nothing.
 *
 * @module
 */
import { describeImage, type Image, type ImageDescription, type TreeState } from "../image/index.ts";
import { decodeModule, decodeNames, type WasmModule } from "../wasm/index.ts";

type ProcessDescription = ImageDescription["processes"][number];

export interface NamedFrame {
  readonly func: number;
  /** From the module's name section, else an export's; null where it has neither. */
  readonly name: string | null;
  readonly point: number;
  readonly values: number;
}

export interface ProcessSummary extends Omit<ProcessDescription, "frames"> {
  /** Innermost first. */
  readonly stack: readonly NamedFrame[];
}

export interface ImageSummary extends Omit<ImageDescription, "processes"> {
  readonly root: string;
  /** The image that this one is a difference against. */
  readonly base: string | null;
  readonly fileBytes: number;
  readonly blocks: number;
  readonly processes: readonly ProcessSummary[];
}

export function summarizeImage(init: { image: Image; state: TreeState; fileBytes: number }): ImageSummary {
  const { image, state } = init;
  const names = state.modules.map(({ bytes }) => (bytes === undefined ? () => null : makeNamer(decodeModule(bytes))));
  const description = describeImage(state);
  return {
    root: image.root,
    base: image.base,
    fileBytes: init.fileBytes,
    blocks: image.blocks.size,
    ...description,
    processes: description.processes.map(({ frames, ...process }, index) => {
      const nameOf = names[state.processes[index]?.module ?? -1] ?? (() => null);
      return { ...process, stack: frames.toReversed().map((frame) => ({ ...frame, name: nameOf(frame.func) })) };
    }),
  };
}

/** The name section is decoded once for all frames of a deep stack. */
function makeNamer(module: WasmModule): (func: number) => string | null {
  const { functions } = decodeNames(module);
  const exported = new Map(
    module.exports.flatMap((item) => (item.kind === "func" ? [[item.index, item.name] as const] : [])),
  );
  return (func) => functions.get(func) ?? exported.get(func) ?? null;
}
