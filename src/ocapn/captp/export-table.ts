/**
 * What a session has given to its peer: by position, and how often each was sent. An entry goes when the peer has dropped it as often as it
 * was sent (CapTP draft, `op:gc-exports`). Positions are never used again.
 *
 * @module
 */

import { OcapnError } from "../errors.ts";
import { ChurnMap } from "./churn-map.ts";
import { BOOTSTRAP, type ExportPosition, exportPosition } from "./positions.ts";
import { Served } from "./served.ts";

export interface ExportEntry {
  readonly position: ExportPosition;
  readonly value: object;
  /** By which sturdyref the peer has it; undefined where it was given the object itself. */
  readonly served: Served | undefined;
  /** How often it was sent and not dropped. */
  count: number;
}

export class ExportTable {
  readonly #entries = new ChurnMap<ExportPosition, ExportEntry>();
  readonly #byValue = new ChurnMap<object, ExportEntry>();
  readonly #entriesMax: number;
  /** What the peer has passed home, and by which sturdyref it had that. Made when it is needed. */
  #home: WeakMap<object, Served> | undefined;
  /** Sent in the message that is being written. */
  #sent: ExportEntry[] = [];
  #next = BOOTSTRAP + 1;

  constructor(init: { readonly bootstrap: object; readonly entriesMax: number }) {
    this.#entriesMax = init.entriesMax;
    const position = exportPosition(BOOTSTRAP);
    this.#entries.set(position, { position, value: init.bootstrap, served: undefined, count: 1 });
  }

  /** Without the bootstrap object. */
  get size(): number {
    return Math.max(0, this.#entries.size - 1);
  }

  /** What stands there for the peer: the object, or what says that it was revoked. */
  valueAt(position: ExportPosition): object | undefined {
    const entry = this.#entries.get(position);
    return entry?.served === undefined ? entry?.value : entry.served.current;
  }

  /** The same for objects of this side that get it from the peer. */
  argumentAt(position: ExportPosition): unknown {
    const entry = this.#entries.get(position);
    return entry?.served === undefined ? entry?.value : this.takeHome(entry.served);
  }

  /**
   * What objects of this side get in place of what the peer has by a sturdyref: the object itself, so that they know it. Where they give it back,
   * the peer has it by that sturdyref again, even if it has dropped what it had.
   */
  takeHome(value: unknown): unknown {
    if (!(value instanceof Served)) return value;
    this.#home ??= new WeakMap();
    this.#home.set(value.object, value);
    return value.current;
  }

  /** By which sturdyref the peer has this object, if so. */
  servedOf(value: object): Served | undefined {
    const entry = this.#byValue.get(value);
    return entry === undefined ? this.#home?.get(value) : entry.served;
  }

  /**
   * One more reference to it goes out. The same object has the same position for as long as the peer holds it; how the peer got it first decides
   * whether it can be revoked.
   */
  send(value: object, served?: Served): ExportPosition {
    let entry = this.#byValue.get(value);
    if (entry === undefined || entry.served?.isRevoked === true) {
      const by = served ?? this.#home?.get(value);
      if (entry === undefined || entry.served !== by) {
        entry = this.#add(value, by);
        this.#byValue.set(value, entry);
      }
    }
    return this.#count(entry);
  }

  /** The only reference to it that will ever go out. */
  sendOnce(value: object): ExportPosition {
    return this.#count(this.#add(value, undefined));
  }

  #add(value: object, served: Served | undefined): ExportEntry {
    if (this.#entries.size > this.#entriesMax) {
      throw new OcapnError(
        "limit",
        `exports: the peer holds ${this.#entriesMax} objects of this side, which is the limit`,
      );
    }
    const entry = { position: exportPosition(this.#next++), value, served, count: 0 };
    this.#entries.set(entry.position, entry);
    return entry;
  }

  #count(entry: ExportEntry): ExportPosition {
    entry.count += 1;
    this.#sent.push(entry);
    return entry.position;
  }

  /** The message went out. */
  commit(): void {
    if (this.#sent.length > 0) this.#sent = [];
  }

  /** The message will not go out. */
  undo(): void {
    for (const entry of this.#sent) this.#drop(entry, 1);
    this.#sent = [];
  }

  /** Throws for what the peer cannot drop: that is an error of the protocol. */
  drop(position: ExportPosition, wireDelta: number): void {
    // The bootstrap object is nobody's to drop, and some peers do.
    if (position === BOOTSTRAP) return;
    const entry = this.#entries.get(position);
    if (entry === undefined || wireDelta < 1 || wireDelta > entry.count) {
      throw new OcapnError(
        "malformed",
        `op:gc-exports: position ${position} was sent ${entry?.count ?? 0} times, and cannot be dropped ${wireDelta} times`,
      );
    }
    this.#drop(entry, wireDelta);
  }

  #drop(entry: ExportEntry, times: number): void {
    entry.count -= times;
    if (entry.count > 0) return;
    this.#entries.delete(entry.position);
    if (this.#byValue.get(entry.value) === entry) this.#byValue.delete(entry.value);
  }

  clear(): void {
    this.#entries.clear();
    this.#byValue.clear();
    this.#home = undefined;
    this.#sent = [];
  }
}
