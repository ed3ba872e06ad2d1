/**
 * The types of the WASI functions, so that a module that imports one with another type can be refused before it runs.
 *
 * @module
 */
import type { FunctionType } from "../../wasm/index.ts";
import { I32, I64 } from "../../wasm/index.ts";

/** Parameters: i for i32, l for i64. All functions answer an i32, but `proc_exit`, which does not return. */
export const SIGNATURES: { readonly [name: string]: string } = {
  args_get: "ii",
  args_sizes_get: "ii",
  environ_get: "ii",
  environ_sizes_get: "ii",
  clock_res_get: "ii",
  clock_time_get: "ili",
  fd_advise: "illi",
  fd_allocate: "ill",
  fd_close: "i",
  fd_datasync: "i",
  fd_fdstat_get: "ii",
  fd_fdstat_set_flags: "ii",
  fd_fdstat_set_rights: "ill",
  fd_filestat_get: "ii",
  fd_filestat_set_size: "il",
  fd_filestat_set_times: "illi",
  fd_pread: "iiili",
  fd_prestat_get: "ii",
  fd_prestat_dir_name: "iii",
  fd_pwrite: "iiili",
  fd_read: "iiii",
  fd_readdir: "iiili",
  fd_renumber: "ii",
  fd_seek: "ilii",
  fd_sync: "i",
  fd_tell: "ii",
  fd_write: "iiii",
  path_create_directory: "iii",
  path_filestat_get: "iiiii",
  path_filestat_set_times: "iiiilli",
  path_link: "iiiiiii",
  path_open: "iiiiillii",
  path_readlink: "iiiiii",
  path_remove_directory: "iii",
  path_rename: "iiiiii",
  path_symlink: "iiiii",
  path_unlink_file: "iii",
  poll_oneoff: "iiii",
  proc_exit: "i",
  proc_raise: "i",
  random_get: "ii",
  sched_yield: "",
  sock_accept: "iii",
  sock_recv: "iiiiii",
  sock_send: "iiiii",
  sock_shutdown: "ii",
};

/** Undefined for what WASI does not have. */
export function wasiSignature(name: string): FunctionType | undefined {
  const kinds = Object.hasOwn(SIGNATURES, name) ? SIGNATURES[name] : undefined;
  if (kinds === undefined) return undefined;
  return { params: [...kinds].map((kind) => (kind === "i" ? I32 : I64)), results: name === "proc_exit" ? [] : [I32] };
}
