/**
 * The judge of one `.wast` file: every command of it, carried out by two machines, of which one is interrupted wherever it can be.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { type MachineState, makeProgram } from "../../src/kernel/index.ts";
import { WasmError } from "../../src/wasm/index.ts";
import { judgeModule } from "../support/agree.ts";
import { type Action, type Command, type Script, withScript } from "./commands.ts";
import type { Form } from "./forms.ts";
import { Guest, type Outcome } from "./guest.ts";
import { type Linked, link, providersOf } from "./link.ts";
import type { Report } from "./report.ts";
import { type Constant, isAsExpected, NotOurs, show, toValue, trapCodeOf } from "./values.ts";

export function runFile(path: string): Report {
  return withScript(path, (script) => new FileRun(script).run());
}

/** What came is not what was expected. */
class Disagreement extends Error {
  override readonly name = "Disagreement";
}

class FileRun {
  readonly #script: Script;
  readonly #unread: Form[];
  #isUnread = false;
  readonly #named = new Map<string, Linked | string>();
  readonly #registry = new Map<string, Linked | string>();
  readonly #linked: { readonly line: number; readonly linked: Linked }[] = [];
  /** A call of these was left out, or a module that imports from them, so what later ones give is not known. */
  readonly #incomplete = new Set<Linked>();
  #latest: Linked | string = "no module";
  readonly #report: Report = { modules: 0, held: 0, notApplicable: new Map(), failures: [], thaws: 0 };

  constructor(script: Script) {
    this.#script = script;
    this.#unread = [...script.unread].sort((a, b) => b.line - a.line);
  }

  run(): Report {
    for (const command of this.#script.commands) {
      this.#leaveOutUnread(command.line);
      this.#at(command.line, () => this.#carryOut(command));
    }
    this.#leaveOutUnread(Number.POSITIVE_INFINITY);
    for (const { line, linked } of this.#linked) {
      this.#at(line, () => compareStates(linked));
      this.#report.thaws += linked.guests.reduce((sum, { thaws }) => sum + thaws, 0);
    }
    return this.#report;
  }

  /** What can not be read before this line, and in it, may have changed any module that there is. */
  #leaveOutUnread(line: number): void {
    this.#isUnread = false;
    for (let form = this.#unread.at(-1); form !== undefined && form.line <= line; form = this.#unread.at(-1)) {
      this.#unread.pop();
      this.#skip("wast2json can not read it");
      this.#isUnread = form.line === line;
      if (form.kind === "assert_invalid" || form.kind === "assert_malformed") continue;
      for (const { linked } of this.#linked) this.#incomplete.add(linked);
    }
  }

  #at(line: number, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof NotOurs) this.#skip(error.message);
      else if (error instanceof Disagreement) this.#report.failures.push(`line ${line}: ${error.message}`);
      else this.#report.failures.push(`line ${line}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }

  #skip(reason: string): void {
    this.#report.notApplicable.set(reason, (this.#report.notApplicable.get(reason) ?? 0) + 1);
  }

  #carryOut(command: Command): void {
    switch (command.type) {
      case "module":
        this.#makeModule(command);
        break;
      case "register":
        this.#registry.set(command.as, this.#module(command.name));
        break;
      case "action":
        this.#act(command.action);
        break;
      case "assert_return":
        this.#assertReturn(command.action, command.expected);
        break;
      case "assert_trap":
      case "assert_exhaustion":
        this.#assertTrap(command.action, trapCodeOf(command.text));
        break;
      case "assert_exception":
        this.#assertTrap(command.action, "uncaught-exception");
        break;
      case "assert_invalid":
      case "assert_malformed":
        this.#assertRefused(command);
        break;
      case "assert_unlinkable":
      case "assert_uninstantiable":
        this.#assertNotMade(command);
        break;
    }
  }

  #assertReturn(action: Action, expected: readonly Constant[]): void {
    const outcome = this.#act(action);
    const isRight =
      outcome.kind === "done" &&
      outcome.results.length === expected.length &&
      expected.every((constant, i) => isAsExpected(constant, outcome.results[i], /_neg_/.test(action.field)));
    this.#hold(isRight, JSON.stringify(expected), showOutcome(outcome));
  }

  #assertTrap(action: Action, code: string): void {
    const outcome = this.#act(action);
    this.#hold(outcome.kind === "trap" && outcome.code === code, `trap ${code}`, showOutcome(outcome));
  }

  #assertRefused({ type, text, ...module }: ModuleAssertion): void {
    const bytes = this.#binary(module);
    const { code, message } = judgeModule(bytes);
    if (code === "unsupported") throw new NotOurs(reasonOf(message));
    if (code === "ok" && WebAssembly.validate(bytes)) throw new NotOurs("valid since, to the engine too");
    this.#hold(code !== "ok", `${type} (${text})`, "a valid module");
  }

  #assertNotMade({ text, ...module }: ModuleAssertion): void {
    const bytes = this.#binary(module);
    let came: string;
    try {
      this.#instantiateOrLeaveOut(bytes);
      came = "an instance";
    } catch (error) {
      came = whyNotMade(error);
    }
    this.#hold(came === whyNot(text), `${whyNot(text)} (${text})`, came);
  }

  #binary({ module_type, filename }: Pick<ModuleAssertion, "module_type" | "filename">): Uint8Array<ArrayBuffer> {
    if (module_type === "text") throw new NotOurs("about the text format");
    return this.#script.bytes(filename);
  }

  #hold(isRight: boolean, expected: string, came: string): void {
    if (!isRight) throw new Disagreement(`expected ${expected}, came ${came}`);
    this.#report.held++;
  }

  #module(name: string | undefined): Linked | string {
    return name === undefined ? this.#latest : (this.#named.get(name) ?? `no module ${name}`);
  }

  #makeModule({ line, name, filename }: Extract<Command, { type: "module" }>): void {
    this.#latest = "of a module that does not run";
    try {
      if (this.#isUnread) return;
      this.#latest = this.#instantiateOrLeaveOut(this.#script.bytes(filename));
      this.#linked.push({ line, linked: this.#latest });
      this.#report.modules++;
    } finally {
      if (name !== undefined) this.#named.set(name, this.#latest);
    }
  }

  /** A module that is left out may have changed the memories and tables that it imports. */
  #instantiateOrLeaveOut(bytes: Uint8Array<ArrayBuffer>): Linked {
    try {
      return this.#instantiate(bytes);
    } catch (error) {
      const imports = WebAssembly.validate(bytes) ? WebAssembly.Module.imports(new WebAssembly.Module(bytes)) : [];
      const names = imports.map(({ module }) => module);
      for (const linked of providersOf(names, this.#registry)) this.#incomplete.add(linked);
      throw error;
    }
  }

  /** Of a module that the suite holds valid. Throws what it is refused with where it can not begin. */
  #instantiate(bytes: Uint8Array<ArrayBuffer>): Linked {
    const { code, message } = judgeModule(bytes);
    if (code === "unsupported") throw new NotOurs(reasonOf(message));
    if (code !== "ok") {
      if (!WebAssembly.validate(bytes))
        throw new NotOurs("a module of an older proposal, which the engine refuses too");
      throw new Disagreement(`expected a valid module, came ${code}: ${message}`);
    }
    const program = unlessUnsupported(() => makeProgram({ bytes }));
    const { module } = program;
    const imports = link(module, this.#registry);
    const guests = [false, true].map((interrupted, side) => {
      return new Guest({ program, imports: imports(side), interrupted });
    });
    const names = module.imports.map((item) => item.module);
    const linked = { module, guests, from: providersOf(names, this.#registry) };
    if (module.start !== undefined) {
      const outcome = call(linked, module.start, []);
      if (outcome.kind === "trap") throw new StartTrap(outcome.code);
    }
    return linked;
  }

  #act({ type, module: name, field, args = [] }: Action): Outcome {
    const linked = this.#module(name);
    if (typeof linked === "string") throw new NotOurs(linked);
    if (this.#isIncomplete(linked)) throw new NotOurs("after a call or a module that was left out");
    const item = linked.module.exports.find((each) => each.name === field);
    if (item === undefined) throw new Disagreement(`expected an export ${field}, came none`);
    if (type === "invoke") return this.#invoke(linked, item.index, args);
    const [value, other] = linked.guests.map((guest) => guest.state().globals[item.index] ?? null);
    if (value === undefined || other === undefined || show(value) !== show(other))
      throw new Disagreement(`expected the same global, came ${value} and ${other}`);
    return { kind: "done", results: [value] };
  }

  #isIncomplete(linked: Linked): boolean {
    return this.#incomplete.has(linked) || linked.from.some((each) => this.#isIncomplete(each));
  }

  #invoke(linked: Linked, func: number, args: readonly Constant[]): Outcome {
    try {
      return call(
        linked,
        func,
        args.map((each) => toValue(each)),
      );
    } catch (error) {
      if (error instanceof NotOurs) this.#incomplete.add(linked);
      throw error;
    }
  }
}

type ModuleAssertion = Extract<Command, { module_type: unknown }>;

/** The start function has trapped; the message is the code. */
class StartTrap extends Error {
  override readonly name = "StartTrap";
}

/** Why a module was not made: what the machine refused it for, or its start function's trap. */
function whyNotMade(error: unknown): string {
  if (error instanceof StartTrap) return error.message;
  if (error instanceof RangeError && error.message.startsWith("import ")) return "import";
  if (!(error instanceof WasmError) || error.code !== "invalid") throw error;
  return trapCodeOf(`out of bounds ${/memory|table/.exec(error.message)?.[0]} access`);
}

/** The same from what the suite says. */
function whyNot(text: string): string {
  return /import/.test(text) ? "import" : trapCodeOf(text);
}

function unlessUnsupported<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof WasmError && error.code === "unsupported") throw new NotOurs(reasonOf(error.message));
    throw error;
  }
}

/** By both machines, which must agree. */
function call({ guests }: Linked, func: number, args: Parameters<Guest["call"]>[1]): Outcome {
  const [whole, interrupted] = guests.map((guest) => ({ outcome: guest.call(func, args), gas: guest.gasUsed }));
  if (whole === undefined || interrupted === undefined) throw new Error("a module has two machines");
  const shown = [whole, interrupted].map(({ outcome, gas }) => `${showOutcome(outcome)} with gas ${gas}`);
  if (shown[0] !== shown[1]) throw new Disagreement(`whole ${shown[0]}, interrupted ${shown[1]}`);
  return whole.outcome;
}

function compareStates({ guests }: Linked): void {
  const [whole, interrupted] = guests.map((guest) => withoutCounters(guest.state()));
  if (!isDeepStrictEqual(whole, interrupted))
    throw new Disagreement("the states of whole and interrupted differ at the end");
}

/** The gas used is compared after each call. */
function withoutCounters({ counters: _, ...state }: MachineState): unknown {
  return state;
}

function showOutcome(outcome: Outcome): string {
  return outcome.kind === "done" ? `[${outcome.results.map(show).join(", ")}]` : `trap ${outcome.code}`;
}

/** Without the place, names and numbers, so that equal reasons are counted together. */
function reasonOf(message: string): string {
  return message
    .replace(/^.* at 0x[0-9a-f]+: /, "")
    .replace(/^[a-z][a-z0-9_.]* (?=\()/, "an instruction ")
    .replace(/"[^"]*"/g, "…")
    .replace(/\b\d+\b/g, "N");
}
