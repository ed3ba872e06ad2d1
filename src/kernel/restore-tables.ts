/**
 * The part of a thaw that ties processes together: promises, c-lists, mailboxes, who waits, who is in the queue.
 * @module
 */

import type { Image, Plain, TreeState, Value } from "../image/index.ts";
import { decodeImage, imageBudget } from "../image/index.ts";
import type { Answer, BrokenCode, Capability, Message, PendingAnswer } from "../passable/index.ts";
import { broken, CAPABILITY } from "../passable/index.ts";
import { attachOutstanding } from "./border.ts";
import type { ClistEntry } from "./clist.ts";
import {
  CLIST_ENTRIES_MAX,
  CLIST_ENTRIES_PER_TREE_MAX,
  INVOKE_VALUES_MAX,
  MAILBOX_TURNS_MAX,
  MESSAGE_CAPABILITIES_MAX,
  NESTED_TURNS_MAX,
  OUTSTANDING_CALLS_MAX,
} from "./limits.ts";
import { endowmentName, isChildsEndowment, locatorText } from "./locator.ts";
import { valuesToCarriers } from "./machine-values.ts";
import { PlainReader } from "./plain-reader.ts";
import type { Program } from "./program.ts";
import { PromiseCell } from "./promise-cell.ts";
import type { ProcessRecord } from "./record.ts";
import type { OutstandingCall } from "./restore.ts";
import { listenToCell } from "./services.ts";
import { type Source, treePages } from "./source.ts";
import type { StopReport } from "./stops.ts";
import type { KernelCore } from "./tree.ts";
import type { Turn, TurnWork } from "./turn.ts";

const INT_MAX = Number.MAX_SAFE_INTEGER;
const EXPORT_MAX = 0x7fff_ffff;
const BROKEN_CODES: readonly BrokenCode[] = [
  "ended",
  "stopped",
  "cycle",
  "deadlock",
  "lost",
  "no-target",
  "refused",
  "limit",
  "fault",
];

export interface TablesInit {
  readonly core: KernelCore;
  readonly state: TreeState;
  readonly records: readonly ProcessRecord[];
  readonly programs: readonly Program[];
  resolveLocator(locator: Plain): Capability | undefined;
  /** Does the tree go on below a process? */
  readonly under?: object | undefined;
  resolveCall?: ((call: OutstandingCall) => PendingAnswer | undefined) | undefined;
}

export class RestoreTables {
  readonly #init: TablesInit;
  readonly #entriesMax: number;
  readonly #cells: PromiseCell[] = [];
  readonly #resolved = new Map<string, Capability>();
  /** Images that processes hold, by their roots; and what they may all have together. */
  readonly #held = new Map<string, { readonly source: Source; readonly pages: number }>();
  readonly #left = imageBudget();

  constructor(init: TablesInit) {
    this.#init = init;
    // One less for what a new parent holds it by.
    this.#entriesMax = CLIST_ENTRIES_PER_TREE_MAX - (init.under === undefined ? 0 : 1);
  }

  restore(kernel: PlainReader): void {
    const { records, state } = this.#init;
    // Every cell has its clist entry or turn, so their number is bounded by what else the image may hold.
    const cells = kernel.field("cells").list(INT_MAX);
    const home = records[0] as ProcessRecord;
    for (const _ of cells) this.#cells.push(new PromiseCell(home));
    state.processes.forEach((saved, index) => {
      const record = records[index] as ProcessRecord;
      const where = `process ${index}`;
      this.#clist(record, saved.clist, `${where}: c-list`);
      const mailbox = saved.mailbox.map((turn, at) =>
        this.#turn(record, new PlainReader(turn, `${where}: mailbox: ${at}`)),
      );
      record.restoreMailbox(mailbox);
      const own = new PlainReader(saved.kernel, where);
      record.told = own.field("told").bool();
      const turn = own.field("turn");
      record.turn = turn.isNull ? undefined : this.#turn(record, turn);
      this.#nested(record, own);
      const inbox = own.field("inbox");
      record.inbox = inbox.isNull ? undefined : readInbox(inbox);
      record.state = saved.status.state;
      if (saved.status.state === "stopped" || saved.status.state === "ended") record.stop = saved.status.stop;
      if (record.isEnded) record.clist.close();
    });
    for (const [index, cell] of cells.entries()) this.#answered(cell, this.#cells[index] as PromiseCell);
    if (kernel.has("promised")) this.#promised(kernel.field("promised").list(MAILBOX_TURNS_MAX * records.length));
    for (const [index, cell] of cells.entries()) this.#cell(cell, this.#cells[index] as PromiseCell);
    this.#queue(kernel.field("queue").list(records.length));
    // What was lost wakes those who listened to it.
    for (const record of records) this.#listen(record);
  }

  /** Each nested turn has its call in the machine, and each nested call there its turn. */
  #nested(record: ProcessRecord, own: PlainReader): void {
    const nested = own.has("nested") ? own.field("nested").list(NESTED_TURNS_MAX) : [];
    const calls = record.machine?.nestedCalls ?? 0;
    if (nested.length !== calls || (calls > 0 && record.turn === undefined)) {
      throw own.error(`has ${nested.length} nested turns where the machine has ${calls} nested calls`);
    }
    for (const turn of nested) record.pushTurn(this.#turn(record, turn));
  }

  #clist(record: ProcessRecord, entries: readonly Plain[], where: string): void {
    if (entries.length > CLIST_ENTRIES_MAX + 1) throw new PlainReader(null, where).error("too many entries");
    entries.forEach((entry, position) => {
      if (entry === null) return;
      const reader = new PlainReader(entry, `${where}: ${position}`);
      if (position === 0) throw reader.error("position 0 cannot hold anything");
      if (record.tree.held.entries >= this.#entriesMax)
        throw reader.error("the c-lists of the tree have no room for it");
      record.clist.set(position, this.#entry(record, reader));
    });
  }

  #entry(record: ProcessRecord, reader: PlainReader): ClistEntry {
    const { records, state, core } = this.#init;
    const kind = reader.field("kind").oneOf(["capability", "promise", "resolver", "child", "program", "image"]);
    switch (kind) {
      case "capability": {
        const endowment = reader.field("endowment");
        return {
          kind,
          capability: this.#capability(reader),
          endowment: endowment.isNull ? undefined : endowment.text(),
        };
      }
      case "promise":
        return { kind, cell: this.#owned(record, reader.field("cell")), listening: reader.field("listening").bool() };
      case "resolver":
        return { kind, cell: this.#cellAt(reader.field("cell")) };
      case "child": {
        const process = records[reader.field("process").int(0, records.length - 1)] as ProcessRecord;
        if (process.parent !== record) throw reader.error("only a parent can hold its child");
        return { kind, process, listening: reader.field("listening").bool() };
      }
      case "program": {
        const program = this.#init.programs[reader.field("program").int(0, this.#init.programs.length - 1)] as Program;
        const guest = core.guestKind(reader.field("guest").text());
        if (guest === undefined) throw reader.error("no guests of that kind here");
        const pages = core.programPages(program);
        hold(record, pages, reader);
        return { kind: "source", source: { form: "program", kind: guest, program }, pages };
      }
      case "image": {
        const image = state.images[reader.field("image").int(0, state.images.length - 1)];
        if (image === undefined) throw reader.error("no such image");
        const { source, pages } = this.#heldImage(image);
        hold(record, pages, reader);
        return { kind: "source", source, pages };
      }
      default:
        return kind satisfies never;
    }
  }

  /** Once for each content, and all within one set of limits: a few bytes of an image can hold another one a million times. */
  #heldImage(image: Image): { readonly source: Source; readonly pages: number } {
    let held = this.#held.get(image.root);
    if (held === undefined) {
      const tree = decodeImage(image, { left: this.#left });
      held = { source: { form: "image", tree }, pages: treePages(tree) };
      this.#held.set(image.root, held);
    }
    return held;
  }

  #capability(reader: PlainReader): Capability {
    const to = reader.field("to").oneOf(["promise", "export", "outside", "lost"]);
    switch (to) {
      case "promise":
        return this.#cellAt(reader.field("cell"));
      case "export": {
        const { records } = this.#init;
        const process = records[reader.field("process").int(0, records.length - 1)] as ProcessRecord;
        return process.refer(reader.field("target").int(0, EXPORT_MAX));
      }
      case "outside":
        return this.#resolve(reader.field("locator").value);
      case "lost":
        return makeLost();
      default:
        return to satisfies never;
    }
  }

  /** One locator stands for one capability, however often it occurs: its identity is kept. */
  #resolve(locator: Plain): Capability {
    const text = locatorText(locator);
    let capability = this.#resolved.get(text);
    if (capability === undefined) {
      // Below another process the names of endowments are no longer those of the image's own processes.
      const isStale = this.#init.under !== undefined && endowmentName(locator) !== undefined;
      const found = isChildsEndowment(locator) ? undefined : this.#init.resolveLocator(locator);
      capability = found ?? makeLost(isStale ? undefined : locator);
      this.#resolved.set(text, capability);
    }
    return capability;
  }

  #turn(record: ProcessRecord, reader: PlainReader): Turn & TurnWork {
    const { records } = this.#init;
    const kind = reader.field("kind").oneOf(["start", "invoke", "direct", "deliver", "settle", "child"]);
    switch (kind) {
      case "start": {
        const func = reader.field("func").int(0, INT_MAX);
        checkCall(record.program, func, [], reader);
        return { kind, func };
      }
      case "invoke": {
        const func = reader.field("func").int(0, INT_MAX);
        const args = reader.field("args").list(INVOKE_VALUES_MAX).map(readValue);
        checkCall(record.program, func, args, reader);
        return { kind, func, args, cell: this.#cellOrNone(reader.field("cell")) };
      }
      case "direct":
        return { kind, payload: reader.field("payload").value };
      case "deliver":
        return {
          kind,
          target: reader.field("target").int(0, EXPORT_MAX),
          message: this.#message(reader.field("message")),
          cell: this.#cellOrNone(reader.field("cell")),
        };
      case "settle":
        return {
          kind,
          position: reader.field("position").int(1, CLIST_ENTRIES_MAX),
          promise: this.#cellAt(reader.field("cell")),
          answer: this.#answer(reader.field("answer")),
        };
      case "child": {
        const child = records[reader.field("process").int(0, records.length - 1)] as ProcessRecord;
        return {
          kind,
          position: reader.field("position").int(1, CLIST_ENTRIES_MAX),
          child,
          stop: readStop(reader.field("stop")),
        };
      }
      default:
        return kind satisfies never;
    }
  }

  #message(reader: PlainReader): Message {
    const list = reader.field("capabilities").list(MESSAGE_CAPABILITIES_MAX);
    return { bytes: reader.field("bytes").bytes(), capabilities: list.map((item) => this.#capability(item)) };
  }

  #answer(reader: PlainReader): Answer {
    const status = reader.field("status").oneOf(["fulfilled", "rejected", "broken"]);
    if (status === "broken") return broken(reader.field("code").oneOf(BROKEN_CODES), reader.field("reason").text());
    return { status, message: this.#message(reader.field("message")) };
  }

  #cellAt(reader: PlainReader): PromiseCell {
    return this.#cells[reader.int(0, this.#cells.length - 1)] as PromiseCell;
  }

  /** Held by more than one, it counts for the first, as if that one had asked. */
  #owned(record: ProcessRecord, reader: PlainReader): PromiseCell {
    const cell = this.#cellAt(reader);
    cell.owner ??= record;
    return cell;
  }

  #cellOrNone(reader: PlainReader): PromiseCell | undefined {
    return reader.value === -1 ? undefined : this.#cellAt(reader);
  }

  #answered(reader: PlainReader, cell: PromiseCell): void {
    const answer = reader.field("answer");
    if (!answer.isNull) cell.settle(this.#answer(answer));
  }

  /** Messages that wait for promises. */
  #promised(list: readonly PlainReader[]): void {
    const { records } = this.#init;
    for (const reader of list) {
      const promise = this.#cellAt(reader.field("promise"));
      const cell = this.#cellOrNone(reader.field("cell"));
      const sender = records[reader.field("sender").int(0, records.length - 1)] as ProcessRecord;
      const message = this.#message(reader.field("message"));
      if (promise.answer !== undefined) throw reader.error("waits for a promise that is settled");
      if (cell !== undefined && (cell.answer !== undefined || cell.after !== undefined)) {
        throw reader.error("has an answer, or waits twice");
      }
      if (!sender.restoreQueued(message)) throw reader.error("is one more than may wait");
      promise.enqueue({ sender, message, cell });
    }
    assertNoCircle(this.#cells, list);
  }

  #cell(reader: PlainReader, cell: PromiseCell): void {
    const { records } = this.#init;
    if (cell.answer !== undefined || cell.after !== undefined) return;
    const answerer = reader.field("answerer").int(-1, records.length - 1);
    const call = reader.field("call");
    if (answerer >= 0) cell.answerer = records[answerer];
    else if (call.isNull) cell.settle(broken("lost", "the answer was to come from outside of what was frozen"));
    else this.#call(call, cell);
  }

  /** A call outside was under way. Only the thawing side can know its answer; repeating it is for it to decide, never for us. */
  #call(reader: PlainReader, cell: PromiseCell): void {
    const { records } = this.#init;
    const callId = reader.field("callId").int(0, INT_MAX);
    const sender = records[reader.field("sender").int(0, records.length - 1)] as ProcessRecord;
    const capability = this.#capability(reader);
    const answer = this.#init.resolveCall?.({ callId, capability });
    if (answer === undefined) {
      cell.settle(broken("lost", "the call was under way when its caller was frozen; it may have had its effect"));
      return;
    }
    if (sender.tree.outstanding.size >= OUTSTANDING_CALLS_MAX) throw reader.error("too many calls under way");
    attachOutstanding(cell, { callId, sender, capability, answer, pipeline: answer.pipeline });
  }

  #listen(record: ProcessRecord): void {
    const waiting = new Set(record.mailbox.flatMap((turn) => (turn.kind === "settle" ? [turn.promise] : [])));
    for (const [position, entry] of record.clist.entries()) {
      if (entry.kind === "promise" && entry.listening && !waiting.has(entry.cell))
        listenToCell(record, position, entry.cell);
    }
  }

  /** First those that are parked: they look again for what they wait for. Then the queue as it was. */
  #queue(queue: readonly PlainReader[]): void {
    const { records } = this.#init;
    const tree = (records[0] as ProcessRecord).tree;
    const ready = new Set(records.filter((record) => record.state === "ready"));
    for (const reader of queue) {
      const record = records[reader.int(0, records.length - 1)] as ProcessRecord;
      if (!ready.delete(record)) throw reader.error("is not ready, or queued twice");
      tree.enqueue(record);
    }
    if (ready.size > 0) throw new PlainReader(null, "kernel: queue").error("a ready process is missing");
    tree.reviveFirst(records.filter((record) => record.state === "parked"));
  }
}

/** Each message that waits waits for something else in the end. */
function assertNoCircle(cells: readonly PromiseCell[], list: readonly PlainReader[]): void {
  const fine = new Set<PromiseCell>();
  for (const first of cells) {
    const path = new Set<PromiseCell>();
    for (let cell: PromiseCell | undefined = first; cell !== undefined && !fine.has(cell); cell = cell.after) {
      if (path.has(cell)) throw (list[0] as PlainReader).error("waits for its own answer");
      path.add(cell);
    }
    for (const cell of path) fine.add(cell);
  }
}

/** The call of an export must fit the function that it names. */
function checkCall(program: Program, func: number, args: readonly Value[], reader: PlainReader): void {
  const { types, functions } = program.module;
  const type = types[functions[func] ?? -1];
  if (type === undefined) throw reader.error(`function ${func} does not exist`);
  const functionAt = (number: number): object => {
    if (number >= functions.length) throw new RangeError("func");
    return program;
  };
  const values = valuesToCarriers(type.params, args, { functionAt, numberOf: () => 0 });
  if (typeof values === "string") throw reader.error(`the call ${values}`);
}

function hold(record: ProcessRecord, pages: number, reader: PlainReader): void {
  if (!record.meter.hold(pages)) throw reader.error("the process cannot afford the memory of what it holds");
}

/** Stands for a capability that the thawing side did not give. It keeps its name: another thaw may find what it names. */
function makeLost(locator?: Plain): Capability {
  return Object.freeze<Capability>({
    [CAPABILITY]: true,
    ...(locator === undefined ? {} : { locator }),
    receive: () => broken("lost", "nothing stands for this capability where the process was thawed"),
  });
}

function readInbox(reader: PlainReader): { readonly bytes: Uint8Array; readonly capabilities: readonly number[] } {
  const list = reader.field("capabilities").list(MESSAGE_CAPABILITIES_MAX);
  return {
    bytes: reader.field("bytes").bytes(),
    capabilities: list.map((item) => item.int(-EXPORT_MAX - 1, EXPORT_MAX)),
  };
}

function readValue(reader: PlainReader): Value {
  const value = reader.value;
  if (value === null || typeof value === "number" || typeof value === "bigint" || value instanceof Uint8Array)
    return value;
  throw reader.error("expected a value of WebAssembly");
}

function readStop(reader: PlainReader): StopReport {
  const kind = reader
    .field("kind")
    .oneOf(["out-of-gas", "deadlock", "paused", "frozen", "discarded", "out-of-memory", "trap", "exit", "fault"]);
  switch (kind) {
    case "out-of-memory":
      return { kind, pagesWanted: reader.field("pagesWanted").int(0, INT_MAX) };
    case "trap":
      return { kind, code: reader.field("code").text(), message: reader.field("message").text() };
    case "exit":
      return { kind, code: reader.field("code").int(-EXPORT_MAX - 1, EXPORT_MAX * 2 + 1) };
    case "fault":
      return { kind, message: reader.field("message").text() };
    default:
      return { kind };
  }
}
