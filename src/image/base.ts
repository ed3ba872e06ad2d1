/**
 * A base image, prepared once and shared by all images that are encoded, decoded or sent as a difference against it.
 * @module
 */

import { type BlockSource, type Image, orderBlocks, requireBlock, requireCbor } from "./blocks.ts";
import { cidToText, textToCid } from "./cid.ts";
import { type DecodeOptions, decodeImage } from "./decode.ts";
import { Field } from "./fields.ts";
import { PAGES_PER_WASM_PAGE, TABLE_PAGES } from "./limits.ts";
import { type ProcessBlock, readManifest, readProcess } from "./manifest.ts";
import type { BaseMemory, BaseTable } from "./memory.ts";
import { decodePageTable } from "./page-table.ts";
import type { ProcessState, TreeState } from "./state.ts";
import { toWords } from "./stored-memory.ts";

export interface Base {
  readonly root: string;
  /** Its memories are compared with; they must never be changed. */
  readonly state: TreeState;
  has(cid: string): boolean;
  block(cid: string): Uint8Array | undefined;
  /** Every block but the modules, in canonical order: what patches refer to by number. */
  readonly order: readonly string[];
  numberOf(cid: string): number | undefined;
  /** Which of the base's processes a process with this index and module is compared with. */
  partner(init: { index: number; module: string }): BaseProcess | undefined;
}

export interface BaseProcess {
  readonly cid: Uint8Array;
  readonly block: ProcessBlock;
  readonly state: ProcessState;
  readonly memories: readonly BaseMemory[];
  /** Blocks of the tables' elements, by table. */
  readonly elements: readonly (readonly Uint8Array[])[];
}

/** The image must be complete, or a difference whose own base is given. */
export function makeBase(image: Image, options: Pick<DecodeOptions, "base" | "hasher" | "limits"> = {}): Base {
  const state = decodeImage(image, options);
  const source: BlockSource = (cid) => image.blocks.get(cid) ?? options.base?.block(cid);
  // Only what the root reaches: the map may hold more, which the other side's base would not have.
  const ordered = orderBlocks(image.root, source);
  const blocks = new Map(ordered.map((block) => [block.cid, block.bytes]));
  const manifest = readManifest(requireCbor(source, textToCid(image.root), "manifest"));
  const modules = new Set(state.modules.map((module) => module.cid));
  const processes = manifest.processes.map((cid, index) =>
    makeBaseProcess({ cid, state: state.processes[index] as ProcessState, source }),
  );
  const moduleOf = (process: BaseProcess | undefined): string | undefined =>
    process && state.modules[process.state.module]?.cid;
  const order = Object.freeze([...blocks.keys()].filter((cid) => !modules.has(cid)));
  const numbers = new Map(order.map((cid, number) => [cid, number]));
  return Object.freeze({
    root: image.root,
    state,
    has: (cid: string) => blocks.has(cid),
    block: (cid: string) => blocks.get(cid),
    order,
    numberOf: (cid: string) => numbers.get(cid),
    partner: (init: { index: number; module: string }) => {
      const same = processes[init.index];
      if (moduleOf(same) === init.module) return same;
      return processes.find((process) => moduleOf(process) === init.module);
    },
  });
}

function makeBaseProcess(init: { cid: Uint8Array; state: ProcessState; source: BlockSource }): BaseProcess {
  const where = "base process";
  const block = readProcess(new Field(requireCbor(init.source, init.cid, where), where));
  const { machine } = block;
  const memories = (machine?.memories ?? []).map((memory, index): BaseMemory => {
    const bytes = init.state.machine?.memories[index]?.bytes ?? new Uint8Array();
    const pageCount = memory.pages * PAGES_PER_WASM_PAGE;
    const tables = memory.tables.map((cid, number): BaseTable => {
      const count = Math.min(TABLE_PAGES, pageCount - number * TABLE_PAGES);
      if (cid === null) return { cid, hashes: new Array<null>(count).fill(null) };
      const table = requireBlock(init.source, cid, where);
      return { cid, hashes: decodePageTable(table, { count, where: `${where} ${cidToText(cid)}` }) };
    });
    return { bytes, words: toWords(bytes), tables };
  });
  return {
    cid: init.cid,
    block,
    state: init.state,
    memories,
    elements: machine?.tables.map((table) => table.chunks) ?? [],
  };
}
