/**
 * How texts reach the guest: through the mailbox, a part at a time.
 * @module
 */

import type { HostContext } from "../../kernel/index.ts";
import { MAILBOX_BYTES } from "./limits.ts";
import { ANSWER_CLASS_SHIFT, ANSWER_MORE, MAILBOX_CLASS_BYTES_MIN } from "./protocol.ts";
import type { JavaScriptState } from "./state.ts";

/** Of the texts that the host reads and writes for a guest. */
export const BYTES_PER_GAS = 8;

/** Puts the first part of the inbox into the mailbox. Only the last part is shorter than the mailbox: behind it there may be spaces. */
export function present(status: number, state: JavaScriptState, context: HostContext): number {
  const part = state.inbox.subarray(0, MAILBOX_BYTES);
  state.inbox = state.inbox.subarray(part.length);
  let sizeClass = 0;
  while (MAILBOX_CLASS_BYTES_MIN << sizeClass < part.length) sizeClass += 1;
  const { mailbox } = state.places;
  const memory = context.memory();
  memory.set(part, mailbox);
  memory.fill(SPACE, mailbox + part.length, mailbox + (MAILBOX_CLASS_BYTES_MIN << sizeClass));
  context.charge(Math.floor(part.length / BYTES_PER_GAS));
  return status | (state.inbox.length > 0 ? ANSWER_MORE : 0) | (sizeClass << ANSWER_CLASS_SHIFT);
}

const SPACE = 0x20;
