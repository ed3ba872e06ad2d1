/**
 * The budgets of an application's packages, which come out of the application's own.
 *
 * @module
 */
import type { Policy } from "../library/index.ts";
import { CliError } from "./errors.ts";
import { formatBytes, formatGas } from "./quantities.ts";

export interface PackageBudgetsInit {
  readonly policy: Policy | undefined;
  /** The policy's file. */
  readonly path: string | undefined;
  readonly gas: number;
  readonly memoryBytes: number;
}

/** Refuses a package that could never be started, before anything runs. */
export function checkPackageBudgets({ policy, path, gas, memoryBytes }: PackageBudgetsInit): void {
  for (const [name, entry] of Object.entries(policy?.packages ?? {})) {
    const place = `${path}: packages[${JSON.stringify(name)}]`;
    if ((entry.gas ?? 0) > gas) {
      const words = `its gas, ${formatGas(entry.gas ?? 0)}, comes out of the script's, which has ${formatGas(gas)}`;
      throw new CliError("input", `${place}: ${words}; give more with --gas`);
    }
    if ((entry.memoryBytes ?? 0) > memoryBytes) {
      const words = `its memory, ${formatBytes(entry.memoryBytes ?? 0)}, comes out of the script's, which has ${formatBytes(memoryBytes)}`;
      throw new CliError("input", `${place}: ${words}; give more with --memory`);
    }
  }
}

/** What packages take out of the script's gas when they are imported: `--freeze-after` must not hold it back, or they could not be started. */
export function gasOfPackages({ policy, path }: Pick<PackageBudgetsInit, "policy" | "path">): number {
  const entries = Object.entries(policy?.packages ?? {});
  for (const [name, entry] of entries) {
    if (entry.gas !== undefined) continue;
    const words = "has no gas of its own but a part of what the script has, which --freeze-after holds back";
    throw new CliError("usage", `${path}: packages[${JSON.stringify(name)}]: ${words}; give it "gas"`);
  }
  return entries.reduce((sum, [, entry]) => sum + (entry.gas ?? 0), 0);
}
