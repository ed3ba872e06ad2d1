/**
 * One process under the command line, from its start (or thaw) to its end: watches it, freezes it when asked, says how it went,
 * writes the report. It knows nothing of what kind of guest runs.
 *
 * @module
 */
import { encodeImage, type TreeState } from "../image/index.ts";
import type { Process, TurnResult } from "../kernel/index.ts";
import { nodeHasher } from "../node/index.ts";
import { changeBudget } from "./budget.ts";
import { describeSystemError } from "./errors.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { type WrittenImage, writeImageFile, writeOutput } from "./image-file.ts";
import { type Interrupts, makeInterrupts, offerFreeze, type StopRequest } from "./interrupts.ts";
import { makeProgress, type Progress } from "./progress.ts";
import { formatBytes, formatGas, PAGE_BYTES } from "./quantities.ts";
import { encodeReport, REPORT_VERSION, type Report } from "./report.ts";

export interface SessionInit {
  readonly command: "run" | "thaw";
  /** What the user calls it. */
  readonly program: string;
  readonly process: Process;
  /** Starts it, or lets it go on. */
  begin(): Promise<TurnResult>;
  /** Where an image is written when nothing else was said. */
  readonly imageFile: string;
  /** The user named that file: Ctrl-C writes it without asking, and a deadlock too. */
  readonly isFreezeWanted: boolean;
  /** Whether the image of a script is to stand alone. */
  readonly isWhole: boolean;
  /** Gas that was held back so that the process stops there to be frozen; undefined where no `--freeze-after` was given. */
  readonly gasHeldBack: number | undefined;
  readonly reportFile: string | undefined;
  /** Set while the process runs, so that what writes to the terminal can take the progress line away first. */
  onProgress(progress: Progress | undefined): void;
}

interface Ending {
  readonly status: Report["status"];
  readonly exitCode: number;
  /** For people, on stderr. */
  readonly message?: string;
  readonly image?: WrittenImage;
}

/** Runs it to its end and gives the command's exit code. */
export async function runSession(init: SessionInit): Promise<number> {
  const start = performance.now();
  using interrupts = makeInterrupts({ imageFile: init.imageFile });
  const ending = await watch(init, interrupts);
  if (ending.message !== undefined) say(ending.message);
  if (init.reportFile !== undefined) {
    writeOutput(init.reportFile, encodeReport(makeReport(init, ending, performance.now() - start)));
  }
  return ending.exitCode;
}

function say(message: string): void {
  process.stderr.write(`caper: ${message}\n`);
}

async function watch(init: SessionInit, interrupts: Interrupts): Promise<Ending> {
  const turn = init.begin().then((result) => ({ kind: "result", result }) as const);
  for (;;) {
    const first = await showProgress(init, Promise.race([turn, interrupts.next()]));
    if (first.kind === "result") return conclude(init, first.result);
    const ending = await answerRequest(init, first);
    if (ending !== undefined) return ending;
    // The turn that began goes on.
    void init.process.resume();
  }
}

async function showProgress<T>(init: SessionInit, event: Promise<T>): Promise<T> {
  using progress = makeProgress({ terminal: process.stderr, read: () => readMeter(init.process) });
  init.onProgress(progress);
  try {
    return await event;
  } finally {
    init.onProgress(undefined);
  }
}

function readMeter(process: Process): { gasUsed: number; gasGranted: number; memoryBytes: number } {
  const { gasUsed, gasGranted, pagesUsed } = process.meter;
  return { gasUsed, gasGranted, memoryBytes: pagesUsed * PAGE_BYTES };
}

/** Undefined: it was not frozen, and is to go on. Whoever asked has been told why. */
async function answerRequest(init: SessionInit, request: StopRequest): Promise<Ending | undefined> {
  if (request.kind === "interrupt" && !init.isFreezeWanted) {
    init.process.pause();
    if (!(await offerFreeze(init.imageFile))) return { status: "interrupted", exitCode: EXIT_CODES.interrupted };
  }
  try {
    const image = freezeInto(init, request.kind === "freeze" ? request.file : init.imageFile);
    if (request.kind === "freeze") request.answer({ ok: true, ...image });
    return frozen(image);
  } catch (error) {
    const reason = describeSystemError(error);
    if (request.kind === "freeze") request.answer({ ok: false, reason: `${reason}; it goes on` });
    else say(`${reason}; it goes on, and once more ends it`);
    return undefined;
  }
}

function freezeInto(init: SessionInit, file: string): WrittenImage {
  return writeImageFile(file, freeze(init), init);
}

/** As if nothing had been held back. */
function freeze({ process, gasHeldBack = 0 }: SessionInit): TreeState {
  return changeBudget(process.freeze({ copy: false }), { gas: gasHeldBack, pages: 0 });
}

function frozen(image: WrittenImage, why = "frozen"): Ending {
  const message = `${why} into ${image.file} (${formatBytes(image.bytes)}, root ${image.root}); go on with: caper thaw ${image.file}`;
  return { status: "frozen", exitCode: EXIT_CODES.frozen, message, image };
}

/** What the end of the turn means to the user. */
function conclude(init: SessionInit, result: TurnResult): Ending {
  switch (result.kind) {
    case "done":
      return { status: "done", exitCode: 0 };
    case "exit":
      return { status: "done", exitCode: result.code & 0xff };
    case "out-of-gas":
      if (init.gasHeldBack !== undefined) return frozen(freezeInto(init, init.imageFile));
      return stopped(
        init,
        "out-of-gas",
        `out of gas: all ${formatGas(init.process.meter.gasGranted)} are used`,
        "--gas 50M",
      );
    case "out-of-memory":
      return stopped(
        init,
        "out-of-memory",
        `out of memory: it wants ${formatBytes(result.pagesWanted * PAGE_BYTES)} in all`,
        "--memory 256M",
      );
    case "deadlock":
      return stopped(init, "deadlock", "it waits for an answer that nobody is left to give", "");
    case "trap":
      return {
        status: "trap",
        exitCode: EXIT_CODES.trap,
        message: `${init.program} trapped: ${result.code}${result.message === "" ? "" : ` (${result.message})`}`,
      };
    case "fault":
      return {
        status: "fault",
        exitCode: EXIT_CODES.fault,
        message: `the host failed, not the program: ${result.message}`,
      };
    case "paused":
    case "frozen":
    case "discarded":
      return {
        status: "fault",
        exitCode: EXIT_CODES.fault,
        message: `the process is ${result.kind} and nobody asked for that`,
      };
    default:
      return result satisfies never;
  }
}

/** It could go on with more, so it is kept; after a deadlock only where the user named a file, since more of nothing helps there. */
function stopped(
  init: SessionInit,
  status: "out-of-gas" | "out-of-memory" | "deadlock",
  why: string,
  more: string,
): Ending {
  const ending = { status, exitCode: EXIT_CODES[status] };
  const message = `${init.program}: ${why}`;
  if (status === "deadlock" && !init.isFreezeWanted) return { ...ending, message };
  try {
    const image = freezeInto(init, init.imageFile);
    const next = `caper thaw ${image.file} ${more}`.trim();
    return { ...ending, message: `${message}; kept in ${image.file}; go on with: ${next}`, image };
  } catch (error) {
    return { ...ending, message: `${message}; it could not be kept: ${describeSystemError(error)}` };
  }
}

function makeReport(init: SessionInit, ending: Ending, wallTimeMs: number): Report {
  const { gasGranted, gasUsed, pagesUsed, pagesMax } = init.process.meter;
  return {
    version: REPORT_VERSION,
    command: init.command,
    program: init.program,
    status: ending.status,
    exitCode: ending.exitCode,
    message: ending.message ?? null,
    gasGranted: gasGranted + (init.gasHeldBack ?? 0),
    gasUsed,
    memoryBytesMax: pagesMax * PAGE_BYTES,
    memoryBytes: pagesUsed * PAGE_BYTES,
    imageRoot: ending.image?.root ?? encodeImage(freeze(init), { hasher: nodeHasher }).root,
    imageFile: ending.image?.file ?? null,
    imageFileBytes: ending.image?.bytes ?? null,
    wallTimeMs: Math.round(wallTimeMs),
  };
}
