/**
 * The state of one WASI process: what its functions share, made from powers and from what was saved.
 *
 * @module
 */
import type {
  Clock,
  Directory,
  InputStream,
  OutputStream,
  RandomSource,
  SeededRandom,
  SeededRandomState,
} from "../../powers/index.ts";
import { discardOutput, emptyInput, makeSeededRandom } from "../../powers/index.ts";
import { FOLDER_RIGHTS, INPUT_RIGHTS, OUTPUT_RIGHTS, RIGHTS_ALL } from "./abi.ts";
import { GuestClocks } from "./clocks.ts";
import type { Descriptor, StreamName } from "./descriptors.ts";
import { DescriptorTable } from "./descriptors.ts";
import { Folders } from "./folders.ts";
import { StandardInput } from "./stdio.ts";

/** What a process is given. What is absent does not exist for it, or has a deterministic stand-in. */
export interface WasiInit {
  /** The first is the program's own name. */
  readonly args?: readonly string[];
  readonly env?: { readonly [name: string]: string };
  /** Absent: at its end. */
  readonly stdin?: InputStream;
  /** Absent: written bytes are discarded. */
  readonly stdout?: OutputStream;
  readonly stderr?: OutputStream;
  /** Absent: a clock that stands still at 2000-01-01, plus a nanosecond for each gas. */
  readonly clock?: Clock;
  /** Absent: a generator with a fixed seed. */
  readonly random?: RandomSource;
  /** In the guest's eyes at these paths, as descriptors 3, 4, … in this order. The holder of the powers disposes of them. */
  readonly directories?: { readonly [guestPath: string]: Directory };
  /** Paths of private folders in memory, which are part of the process and travel in its image. */
  readonly scratch?: readonly string[];
  /** What an earlier process's `save` gave. Then args, env and scratch are taken from it and not from here. */
  readonly saved?: unknown;
}

/** What an image holds of a process, decoded. */
export interface SavedProcess {
  readonly args: readonly string[];
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly advanced: bigint;
  readonly random: SeededRandomState;
  readonly input: Uint8Array;
  readonly descriptors: readonly (readonly [fd: number, descriptor: Descriptor])[];
  readonly scratch: readonly (readonly [guestPath: string, saved: unknown])[];
  readonly orphans: unknown;
}

function assertText(text: string, name: string): void {
  if (!text.isWellFormed() || text.includes("\0")) throw new TypeError(`${name}: expected text without NUL`);
}

function assertInit(init: WasiInit): void {
  for (const argument of init.args ?? []) assertText(argument, "args");
  for (const [name, value] of Object.entries(init.env ?? {})) {
    assertText(name, "env");
    assertText(value, `env.${name}`);
    if (name === "" || name.includes("=")) throw new TypeError(`env: expected names without =, got "${name}"`);
  }
  for (const path of [...Object.keys(init.directories ?? {}), ...(init.scratch ?? [])]) assertText(path, "directories");
  for (const path of init.scratch ?? []) {
    if (Object.hasOwn(init.directories ?? {}, path)) throw new TypeError(`scratch: "${path}" is a directory already`);
  }
}

function streamDescriptor(stream: StreamName): Descriptor {
  return { kind: "stream", stream, rights: stream === "stdin" ? INPUT_RIGHTS : OUTPUT_RIGHTS, inheriting: 0, flags: 0 };
}

/** The state of a process that has not run yet, in the form of a saved one. */
function initialProcess(init: WasiInit): SavedProcess {
  const folders = [...Object.keys(init.directories ?? {}), ...(init.scratch ?? [])];
  const open: Descriptor[] = [streamDescriptor("stdin"), streamDescriptor("stdout"), streamDescriptor("stderr")];
  for (const folder of folders) {
    const rights = { rights: FOLDER_RIGHTS, inheriting: RIGHTS_ALL, flags: 0 };
    open.push({ kind: "folder", folder, path: "", stale: false, preopened: true, listing: undefined, ...rights });
  }
  return {
    args: [...(init.args ?? [])],
    env: Object.entries(init.env ?? {}),
    advanced: 0n,
    random: makeSeededRandom().save(),
    input: new Uint8Array(0),
    descriptors: open.map((descriptor, fd) => [fd, descriptor] as const),
    scratch: (init.scratch ?? []).map((path) => [path, undefined] as const),
    orphans: null,
  };
}

export class WasiProcess {
  readonly args: readonly string[];
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly clocks: GuestClocks;
  readonly random: RandomSource;
  readonly #generator: SeededRandom;
  readonly input: StandardInput;
  readonly outputs: { readonly stdout: OutputStream; readonly stderr: OutputStream };
  readonly folders: Folders;
  readonly table: DescriptorTable = new DescriptorTable();

  constructor(init: WasiInit, saved: SavedProcess | undefined) {
    assertInit(init);
    const start = saved ?? initialProcess(init);
    this.args = start.args;
    this.env = start.env;
    this.clocks = new GuestClocks(init.clock, start.advanced);
    this.#generator = makeSeededRandom({ saved: start.random });
    this.random = init.random ?? this.#generator;
    this.input = new StandardInput(init.stdin ?? emptyInput, start.input);
    this.outputs = { stdout: init.stdout ?? discardOutput, stderr: init.stderr ?? discardOutput };
    this.folders = new Folders({
      granted: init.directories ?? {},
      scratch: start.scratch,
      orphans: start.orphans,
      now: () => this.clocks.realtime(),
    });
    for (const [fd, descriptor] of start.descriptors) this.table.set(fd, descriptor);
  }

  save(): SavedProcess {
    return {
      args: this.args,
      env: this.env,
      advanced: this.clocks.save(),
      random: this.#generator.save(),
      input: this.input.save(),
      descriptors: this.table.entries(),
      ...this.folders.save(),
    };
  }

  isTerminal(stream: StreamName): boolean {
    return stream === "stdin" ? this.input.isTerminal : this.outputs[stream].terminal === true;
  }
}
