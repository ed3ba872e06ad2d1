/**
 * What `--report` writes: how a run went, for programs to read. Absent values are null, so that the keys are always the same.
 *
 * @module
 */
import type { ExitName } from "./exit-codes.ts";

export const REPORT_VERSION = 1;

export interface Report {
  readonly version: typeof REPORT_VERSION;
  readonly command: "run" | "thaw";
  readonly program: string;
  readonly status:
    | "done"
    | "failed"
    | Exclude<ExitName, "usage" | "input" | "file" | "network" | "unreachable" | "broken" | "rejected">;
  /** The command's exit code. */
  readonly exitCode: number;
  /** One sentence where something went wrong. */
  readonly message: string | null;
  readonly gasGranted: number;
  readonly gasUsed: number;
  readonly memoryBytesMax: number;
  readonly memoryBytes: number;
  /** Root of the process's image as it is now: of its end, or of the file that it was frozen into. */
  readonly imageRoot: string | null;
  readonly imageFile: string | null;
  readonly imageFileBytes: number | null;
  readonly wallTimeMs: number;
}

export function encodeReport(report: Report): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(report, null, 2)}\n`);
}
