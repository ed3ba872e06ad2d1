/**
 * A side in a process of its own: `peer-process.ts caper|endo <netlayer>`, with Node's --expose-gc. It tells its parent the sturdyref of its
 * desk, then runs the programs that it is asked for.
 *
 * @module
 */
import { collectAlways } from "./collect.ts";
import { makeDesk, runProgram } from "./programs.ts";
import type { NetlayerName, Side, SystemName } from "./side.ts";

export interface Request {
  readonly id: number;
  readonly program: string;
  readonly uris: readonly string[];
}

export type Told =
  | { readonly uri: string }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string };

async function makeSide(system: SystemName, netlayer: NetlayerName): Promise<Side> {
  if (system === "endo") return (await import("./endo-side.ts")).makeEndoSide(process.env.CAPER_ENDO!, netlayer);
  return (await import("./caper-side.ts")).makeCaperSide(netlayer);
}

/** Under lockdown the stack says nothing, and the reason is often the innermost. */
function causes(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? `${error}; ${causes(error.cause)}` : String(error);
}

const [system, netlayer] = process.argv.slice(2) as [SystemName, NetlayerName];
const side = await makeSide(system, netlayer);
const desk = makeDesk(side.kit);
const tell = (told: Told): void => void process.send!(told);

process.on("disconnect", () => process.exit());
process.on("message", ({ id, program, uris }: Request) => {
  runProgram(program, { ...side, desk }, uris).then(
    (value) => tell({ id, value }),
    (error: Error) => tell({ id, error: causes(error) }),
  );
});
collectAlways();
tell({ uri: side.serve(desk.own) });
