/**
 * Runs a WASI program as it is, without Caper: the column that others are compared with. Only what the C programs of
 * this folder use: arguments, standard output, exit.
 *
 * @module
 */

const SUCCESS = 0;
const BAD_DESCRIPTOR = 8;
const NOT_SUPPORTED = 58;

class ExitSignal extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

export interface PlainResult {
  readonly output: string;
  readonly exitCode: number;
}

/** A host for one run, whose memory is known once the module is instantiated. */
export interface PlainHost {
  readonly imports: WebAssembly.ModuleImports;
  run(instance: WebAssembly.Instance): PlainResult;
}

export function makePlainHost(args: readonly string[]): PlainHost {
  let memory: WebAssembly.Memory | undefined;
  let output = "";
  const words = () => new DataView(memory!.buffer);
  const bytes = () => new Uint8Array(memory!.buffer);
  const encoded = args.map((arg) => new TextEncoder().encode(`${arg}\0`));
  const imports: Record<string, (...values: number[]) => number> = {
    args_sizes_get(count, size) {
      words().setUint32(count!, encoded.length, true);
      words().setUint32(
        size!,
        encoded.reduce((sum, arg) => sum + arg.length, 0),
        true,
      );
      return SUCCESS;
    },
    args_get(pointers, buffer) {
      let at = buffer!;
      for (const [index, arg] of encoded.entries()) {
        words().setUint32(pointers! + 4 * index, at, true);
        bytes().set(arg, at);
        at += arg.length;
      }
      return SUCCESS;
    },
    fd_write(_descriptor, vectors, count, written) {
      let total = 0;
      for (let index = 0; index < count!; index++) {
        const start = words().getUint32(vectors! + 8 * index, true);
        const length = words().getUint32(vectors! + 8 * index + 4, true);
        output += new TextDecoder().decode(bytes().slice(start, start + length));
        total += length;
      }
      words().setUint32(written!, total, true);
      return SUCCESS;
    },
    fd_close: () => SUCCESS,
    fd_seek: () => NOT_SUPPORTED,
    fd_fdstat_get: () => BAD_DESCRIPTOR,
    proc_exit(code) {
      throw new ExitSignal(code!);
    },
  };
  return {
    imports,
    run(instance) {
      memory = instance.exports.memory as WebAssembly.Memory;
      output = "";
      let exitCode = 0;
      try {
        (instance.exports._start as () => void)();
      } catch (error) {
        if (!(error instanceof ExitSignal)) throw error;
        exitCode = error.code;
      }
      return { output, exitCode };
    },
  };
}

/** Instantiates the module afresh and runs it to its end. */
export function runPlain(module: WebAssembly.Module, args: readonly string[]): PlainResult {
  const host = makePlainHost(args);
  return host.run(new WebAssembly.Instance(module, { wasi_snapshot_preview1: host.imports }));
}
