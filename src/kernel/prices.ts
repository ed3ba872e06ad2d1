/**
 * What the kernel's work for a guest costs, beside the instruction that asks for it: the table in docs/spec/guest-abi.md. One gas is
 * some 10 to 20 nanoseconds of the host's, so that whatever a guest asks for, the shortest slice is a few milliseconds of the host's thread.
 * A price depends on what the guest gave or can see, never on what the host happens to have at hand.
 * @module
 */

/** For a message sent, an answer given or taken, a log line, a promise made, a call of a child's export. */
export const GAS_PER_MESSAGE = 100;

/** One gas for this many bytes that are copied, as in bulk memory operations. */
export const MESSAGE_BYTES_PER_GAS = 8;

/** For each capability of a message, and each endowment: it is looked up, and gets a position. */
export const GAS_PER_CAPABILITY = 16;

/** For a wait that would close a circle, beside what it costs else: who waits for whom was followed to its end. */
export const GAS_PER_CIRCLE = 1_000;

/** For each process that is made or frozen, beside what it consists of. */
export const GAS_PER_SPAWN = 10_000;

/** What an instance is made of. */
export const GAS_PER_IMPORT = 500;
export const GAS_PER_GLOBAL = 200;
/** A function, an export, or a segment of data or elements. */
export const GAS_PER_DEFINITION = 50;

/** For each byte of a module that a guest loads: it is decoded, rewritten and compiled. */
export const GAS_PER_PROGRAM_BYTE = 20;

/** For each page that a freeze takes, or that a process made from an image begins with. */
export const GAS_PER_FROZEN_PAGE = 8_192;

/** For each entry of a c-list, each promise and each message that waits, in a process that is frozen, or in its image. */
export const GAS_PER_ENTRY = 50;

/** For a look into a child; for each frame that it shows, and for each value in it. */
export const GAS_PER_INSPECTION = 1_000;
export const GAS_PER_INSPECTED_FRAME = 100;
export const GAS_PER_INSPECTED_VALUE = 10;

export function copyGas(byteLength: number): number {
  return Math.floor(byteLength / MESSAGE_BYTES_PER_GAS);
}

/** Gas for a message on its way, one way. */
export function messageGas(byteLength: number, capabilityCount: number): number {
  return GAS_PER_MESSAGE + copyGas(byteLength) + capabilityCount * GAS_PER_CAPABILITY;
}
