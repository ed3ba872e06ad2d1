/**
 * Imports libraries into a host program: a bundle becomes a process, its namespace an object of the host's.
 * @module
 */

import {
  type CallbackAnswer,
  type CallbackRequest,
  CallbackText,
  JAVASCRIPT_KIND,
  link as protocol,
} from "../guests/javascript/index.ts";
import { type Base, type Hasher, WASM_PAGE_BYTES } from "../image/index.ts";
import {
  type Answer,
  findEndowment,
  fulfilled,
  type Keeper,
  type Kernel,
  type Message,
  type Process,
  type StopReport,
} from "../kernel/index.ts";
import { CAPABILITY, encodeMessage, GuestError, valueOfAnswer } from "../passable/index.ts";
import type { AuditLog } from "../powers/index.ts";
import type { LibraryBundle, PackageSource } from "./bundle.ts";
import { type Endowed, endow } from "./endow.ts";
import { LibraryError } from "./errors.ts";
import { type LoadedImage, makeImageStore } from "./images.ts";
import type { ImageCache, ImportLibrary, ImportOptions } from "./library.ts";
import { AnswerText, MembraneEnd } from "./membrane/end.ts";
import { makeNamespace } from "./namespace.ts";
import { ProcessChannel, toMessage } from "./process-channel.ts";

/** What the system provides. */
export interface LibraryImporterInit {
  /** It must know the JavaScript kind of guest. */
  readonly kernel: Kernel;
  readonly packages: PackageSource;
  /** Loaded libraries beyond this importer's own memory. */
  readonly images?: ImageCache;
  readonly audit?: AuditLog;
  /** SHA-256 for the images, where the system has a faster one. */
  readonly hasher?: Hasher;
  /** The image that all JavaScript processes begin as: what is stored are differences to it. */
  readonly base?: () => Base;
  /** Tells proxies from other objects, where the system can (Node's `util.types.isProxy`): they cross as bare references. */
  isProxy?(value: object): boolean;
}

export interface LibraryImporter {
  readonly importLibrary: ImportLibrary;
  /** The same from a bundle that is there already. */
  importBundle<T = { readonly [name: string]: unknown }>(bundle: LibraryBundle, options: ImportOptions): Promise<T>;
}

export function makeLibraryImporter(init: LibraryImporterInit): LibraryImporter {
  const images = makeImageStore({ cache: init.images, hasher: init.hasher, base: init.base });
  const importBundle = async <T>(bundle: LibraryBundle, options: ImportOptions): Promise<T> =>
    (await new Import(init, bundle, options).run(images)) as T;
  return Object.freeze({
    importBundle,
    async importLibrary<T>(specifier: string, options: ImportOptions): Promise<T> {
      const { policy } = options;
      return importBundle<T>(await init.packages.bundle(specifier, policy === undefined ? {} : { policy }), options);
    },
  });
}

/** One import. */
class Import {
  readonly #init: LibraryImporterInit;
  readonly #bundle: LibraryBundle;
  readonly #options: ImportOptions;
  readonly #endowed: Endowed;
  #end: MembraneEnd | undefined;
  #channel: ProcessChannel | undefined;
  /** Told of a stop while the library is loaded. */
  #stopped: ((stop: StopReport) => void) | undefined;

  constructor(init: LibraryImporterInit, bundle: LibraryBundle, options: ImportOptions) {
    this.#init = init;
    this.#bundle = bundle;
    this.#options = options;
    this.#endowed = endow({
      package: bundle.name,
      given: options.powers ?? {},
      audit: init.audit,
      onCallback: (request) => this.#called(request),
      internal: { [protocol.IMPORTER_ENDOWMENT]: { [CAPABILITY]: true, receive: (message) => this.#receive(message) } },
    });
  }

  async run(images: ReturnType<typeof makeImageStore>): Promise<object> {
    const names = Object.keys(this.#endowed.endowments);
    const known = images.find(this.#bundle, names);
    const process = known === undefined ? await this.#load() : this.#thaw(known);
    if (known === undefined && !this.#endowed.touched) images.keep(this.#bundle, names, process);
    const { name } = this.#bundle;
    const channel = new ProcessChannel({ name, process, gasPerCall: this.#options.gasPerCall });
    this.#channel = channel;
    const end = new MembraneEnd({ name, channel, isProxy: this.#init.isProxy });
    this.#end = end;
    try {
      return makeNamespace({ bundle: this.#bundle, process, end, channel });
    } catch (error) {
      const { gasUsed } = process.meter;
      process.discard();
      throw error instanceof LibraryError && error.code === "out-of-gas" ? this.#tooSmall("gas", gasUsed) : error;
    }
  }

  async #load(): Promise<Process> {
    const { gas, memoryBytes } = this.#options;
    const process = this.#init.kernel.spawn({
      guest: JAVASCRIPT_KIND,
      gas,
      memoryBytes,
      endowments: this.#endowed.endowments,
      powers: this.#endowed.powers,
      keeper: this.#keeper,
    });
    const stopped = new Promise<StopReport>((resolve) => {
      this.#stopped = resolve;
    });
    const { entry, modules, confined = [] } = this.#bundle;
    const answer = await Promise.race([process.deliver(encodeMessage(["import", entry, modules, confined])), stopped]);
    this.#stopped = undefined;
    if ("kind" in answer) throw this.#failStopped(process, answer);
    this.#check(process, answer);
    return process;
  }

  #thaw(known: LoadedImage): Process {
    const { gas, memoryBytes } = this.#options;
    if (known.gasUsed > gas) throw this.#tooSmall("gas", known.gasUsed, known.gasUsed);
    if (known.memoryBytesUsed > memoryBytes) throw this.#tooSmall("memoryBytes", known.memoryBytesUsed);
    return this.#init.kernel.thaw(known.withBudget({ gas, memoryBytes }), {
      powers: this.#endowed.powers,
      keeper: this.#keeper,
      resolveLocator: (locator) => findEndowment(this.#endowed.endowments, locator),
    });
  }

  readonly #keeper: Keeper = (stop, process) => {
    const { keeper } = this.#options;
    if (keeper === undefined || this.#stopped === undefined) {
      this.#stopped?.(stop);
      return keeper === undefined ? { action: "leave" } : keeper(stop, process);
    }
    const told = this.#stopped;
    const decided = keeper(stop, process);
    const decide = (action: Awaited<ReturnType<Keeper>>): Awaited<ReturnType<Keeper>> => {
      if (action.action === "leave" || action.action === "discard") told(stop);
      return action;
    };
    return decided instanceof Promise ? decided.then(decide) : decide(decided);
  };

  #failStopped(process: Process, stop: StopReport): LibraryError {
    const { gasUsed, pagesUsed } = process.meter;
    process.discard();
    const { name } = this.#bundle;
    switch (stop.kind) {
      case "out-of-gas":
        return this.#tooSmall("gas", gasUsed);
      case "out-of-memory":
        return this.#tooSmall("memoryBytes", (pagesUsed + stop.pagesWanted) * WASM_PAGE_BYTES);
      default:
        return new LibraryError("trap", `${name}: its process stopped while it was loaded: ${stop.kind}`, {
          package: name,
        });
    }
  }

  #tooSmall(budget: "gas" | "memoryBytes", used: number, needed?: number): LibraryError {
    const { name } = this.#bundle;
    const given = this.#options[budget];
    const words =
      needed === undefined ? `it had used ${used} when it stopped, and was not done` : `loading it takes ${needed}`;
    return new LibraryError(
      "load-budget",
      `${name}: ${budget} ${given} does not suffice to load it: ${words}; give more`,
      {
        package: name,
      },
    );
  }

  #check(process: Process, answer: Answer): void {
    try {
      valueOfAnswer(answer);
    } catch (error) {
      process.discard();
      throw this.#loadError(error);
    }
  }

  #loadError(error: unknown): LibraryError {
    const { name } = this.#bundle;
    const words = error instanceof Error ? error.message : String(error);
    const kind = error instanceof GuestError ? error.name : "Error";
    const where = error instanceof GuestError ? (error.guestStack.split("\n", 1)[0]?.trim() ?? "") : "";
    const place = where === "" ? "" : ` (${where})`;
    if (kind === "SyntaxError") {
      return new LibraryError("syntax", `${name}: a module of it cannot be parsed: ${words}${place}`, {
        package: name,
        cause: error,
      });
    }
    return new LibraryError("broken-package", `${name}: it failed while it was loaded: ${kind}: ${words}${place}`, {
      package: name,
      cause: error,
    });
  }

  /** What the library asks in a call of its own, which is open. */
  #called(request: CallbackRequest): CallbackAnswer | Promise<CallbackAnswer> {
    const end = this.#end;
    if (end === undefined) return new CallbackText(NOTHING_YET);
    if (request.kind === "direct") {
      const result = end.receiveCall(request.id, request.args);
      return result instanceof AnswerText ? new CallbackText(result.text) : result;
    }
    const answer = end.receive(new AnswerText(request.text).parsed);
    if (typeof answer === "string") return new CallbackText(answer);
    const later = answer.then((text) => new CallbackText(text));
    return this.#channel?.waitOpenly(later) ?? later;
  }

  /** The same as a message. While it is loaded it holds nothing of the importer's yet. */
  #receive(message: Message): Answer | Promise<Answer> {
    const end = this.#end;
    const request = new AnswerText(new TextDecoder().decode(message.bytes)).parsed;
    const answer = end === undefined ? NOTHING_YET : end.receive(request);
    return typeof answer === "string" ? answered(answer) : answer.then(answered);
  }
}
/** The answer while the library holds nothing of its importer's. */
const NOTHING_YET = `[${protocol.LinkStatus.returned},0,[]]`;

function answered(text: string): Answer {
  return fulfilled(toMessage(text));
}
