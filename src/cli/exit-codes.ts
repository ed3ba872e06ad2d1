/**
 * The exit codes of `caper` itself (docs/cli.md lists them). A guest's own exit code passes through unchanged; Caper's lie in a
 * range that programs and shells rarely use.
 *
 * @module
 */

export const EXIT_CODES = {
  /** The command line is wrong: an unknown option, a number that is none. */
  usage: 112,
  /** A program, script or image cannot be used: malformed, damaged, not supported. */
  input: 113,
  /** A file cannot be read or written. */
  file: 114,
  /** The gas is used up. */
  "out-of-gas": 115,
  /** The memory limit is reached. */
  "out-of-memory": 116,
  /** The guest did what WebAssembly forbids: unreachable, out of bounds, division by zero, stack overflow, … */
  trap: 117,
  /** The guest waits for something that cannot happen any more. */
  deadlock: 118,
  /** Caper or the machine failed, not the guest. */
  fault: 119,
  /** Not an end: the process was frozen into a file. */
  frozen: 120,
  /** A registry of packages cannot be reached, or refuses access; a port cannot be listened at. */
  network: 121,
  /** A peer cannot be reached, or serves no such object. Nothing was called. */
  unreachable: 122,
  /** The answer of a remote call was lost, or did not come in time. The call may have had its effect. */
  broken: 123,
  /** The answer of a remote call is an error. */
  rejected: 124,
  /** Ctrl-C ended it. */
  interrupted: 130,
} as const;

export type ExitName = keyof typeof EXIT_CODES;
