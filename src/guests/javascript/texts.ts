/**
 * The texts in which messages and answers reach the dispatcher: JSON that wraps a passable value together with the positions
 * of its capabilities.
 * @module
 */

import type { GuestAnswer, GuestMessage } from "../../kernel/index.ts";
import { AnswerStatus } from "./protocol.ts";
import { isAscii } from "./strings.ts";

export interface AnswerText {
  readonly status: number;
  /** ASCII. */
  readonly text: Uint8Array;
}

/** `[[positions],value]` in UTF-8. The value is not looked at: where it is no JSON, reading it in the guest fails. */
export function messageText(message: GuestMessage): Uint8Array {
  const head = `[[${message.capabilities.join(",")}],`;
  const text = new Uint8Array(head.length + message.bytes.length + 1);
  new TextEncoder().encodeInto(head, text);
  text.set(message.bytes, head.length);
  text[text.length - 1] = 0x5d;
  return text;
}

/** `promise` is what a guest can wait for again where a child stopped in between. */
export function answerText(answer: GuestAnswer, promise: number): AnswerText {
  switch (answer.status) {
    case "fulfilled":
    case "rejected":
      return { status: AnswerStatus[answer.status], text: toAscii(messageText(answer.message)) };
    case "broken":
      return { status: AnswerStatus.broken, text: jsonText([[], { code: answer.code, reason: answer.reason }]) };
    case "stopped":
      return {
        status: AnswerStatus.stopped,
        text: jsonText([[], { child: answer.child, stop: answer.stop }, promise]),
      };
    default:
      return answer satisfies never;
  }
}

export function jsonText(value: unknown): Uint8Array {
  return toAscii(
    new TextEncoder().encode(
      JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? String(item) : item)),
    ),
  );
}

/** The mailbox is read through base64, byte by byte a character: so every character is escaped that is more than a byte. */
export function toAscii(bytes: Uint8Array): Uint8Array {
  if (isAscii(bytes)) return bytes;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const escaped = text.replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return new TextEncoder().encode(escaped);
}
