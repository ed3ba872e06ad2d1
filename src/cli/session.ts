/**
 * One process under the command line, from its start (or thaw) to its end: watches it, freezes it when asked, says how it went,
 * writes the report. It knows nothing of what kind of guest runs.
 *
 * @module
 */
import type { Process, TurnResult } from "../kernel/index.ts";
import { describeSystemError } from "./errors.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { type WrittenImage, writeImageFile, writeOutput } from "./image-file.ts";
import { makeInterrupts, offerFreeze, type StopRequest } from "./interrupts.ts";
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
  /** The user named that file: Ctrl-C, SIGTERM and running out write it without asking. */
  readonly isFreezeWanted: boolean;
  /** Whether the image of a script is to stand alone. */
  readonly isWhole: boolean;
  /** Gas that was held back so that the process stops there to be frozen; undefined where no `--freeze-after` was given. */
  readonly gasHeldBack: number | undefined;
  readonly reportFile: string | undefined;
  /** Set while the process runs, so that what writes to the terminal can take the progress line away first. */
  onProgress(progress: Progress | undefined): void;
  computeRoot(): string;
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
  const ending = await watch(init, interrupts.request);
  if (ending.message !== undefined) process.stderr.write(`caper: ${ending.message}\n`);
  if (init.reportFile !== undefined) {
    writeOutput(init.reportFile, encodeReport(makeReport(init, ending, performance.now() - start)));
  }
  return ending.exitCode;
}

async function watch(init: SessionInit, request: Promise<StopRequest>): Promise<Ending> {
  using progress = makeProgress({ terminal: process.stderr, read: () => readMeter(init.process) });
  init.onProgress(progress);
  try {
    const turn = init.begin().then((result) => ({ kind: "result", result }) as const);
    const first = await Promise.race([turn, request]);
    if (first.kind === "result") return await conclude(init, first.result);
    progress[Symbol.dispose]();
    return await answerRequest(init, first);
  } finally {
    init.onProgress(undefined);
  }
}

function readMeter(process: Process): { gasUsed: number; gasGranted: number; memoryBytes: number } {
  const { gasUsed, gasGranted, pagesUsed } = process.meter;
  return { gasUsed, gasGranted, memoryBytes: pagesUsed * PAGE_BYTES };
}

async function answerRequest(init: SessionInit, request: StopRequest): Promise<Ending> {
  if (request.kind === "freeze") {
    try {
      const image = await freezeInto(init, request.file);
      request.answer({ ok: true, ...image });
      return frozen(image);
    } catch (error) {
      request.answer({ ok: false, reason: describeSystemError(error) });
      throw error;
    }
  }
  if (init.isFreezeWanted) return frozen(await freezeInto(init, init.imageFile));
  init.process.pause();
  if (await offerFreeze(init.imageFile)) return frozen(await freezeInto(init, init.imageFile));
  return { status: "interrupted", exitCode: EXIT_CODES.interrupted };
}

async function freezeInto(init: SessionInit, file: string): Promise<WrittenImage> {
  if (init.gasHeldBack !== undefined) init.process.refill({ gas: init.gasHeldBack });
  return writeImageFile(file, init.process.freeze({ copy: false }), init);
}

function frozen(image: WrittenImage, why = "frozen"): Ending {
  const message = `${why} into ${image.file} (${formatBytes(image.bytes)}, root ${image.root}); go on with: caper thaw ${image.file}`;
  return { status: "frozen", exitCode: EXIT_CODES.frozen, message, image };
}

/** What the end of the turn means to the user. */
async function conclude(init: SessionInit, result: TurnResult): Promise<Ending> {
  switch (result.kind) {
    case "done":
      return { status: "done", exitCode: 0 };
    case "exit":
      return { status: "done", exitCode: result.code & 0xff };
    case "out-of-gas":
      if (init.gasHeldBack !== undefined) return frozen(await freezeInto(init, init.imageFile));
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

/** It could go on with more: kept as an image where the user named a file. */
async function stopped(
  init: SessionInit,
  status: "out-of-gas" | "out-of-memory" | "deadlock",
  why: string,
  more: string,
): Promise<Ending> {
  const ending = { status, exitCode: EXIT_CODES[status] };
  if (!init.isFreezeWanted) {
    const advice =
      more === "" ? "" : `; give more with ${more.split(" ")[0]}, or name a file with --freeze-to to go on later`;
    return { ...ending, message: `${init.program}: ${why}${advice}` };
  }
  const image = await freezeInto(init, init.imageFile);
  const next = `caper thaw ${image.file} ${more}`.trim();
  return { ...ending, message: `${init.program}: ${why}; kept in ${image.file}; go on with: ${next}`, image };
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
    gasGranted,
    gasUsed,
    memoryBytesMax: pagesMax * PAGE_BYTES,
    memoryBytes: pagesUsed * PAGE_BYTES,
    imageRoot: ending.image?.root ?? init.computeRoot(),
    imageFile: ending.image?.file ?? null,
    imageFileBytes: ending.image?.bytes ?? null,
    wallTimeMs: Math.round(wallTimeMs),
  };
}
