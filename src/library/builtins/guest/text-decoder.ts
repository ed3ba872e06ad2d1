/**
 * `TextDecoder` for UTF-8, UTF-16 and Latin 1, whole or in pieces.
 *
 * @module
 */

/** The engine's own. By a name that the bundler does not see, which would put the class below in its place. */
const Utf8: typeof globalThis.TextDecoder = Reflect.get(globalThis, "TextDecoder");

const ENCODINGS: { readonly [label: string]: string } = {
  "utf-8": "utf-8",
  utf8: "utf-8",
  "unicode-1-1-utf-8": "utf-8",
  "utf-16": "utf-16le",
  "utf-16le": "utf-16le",
  "ucs-2": "utf-16le",
  unicode: "utf-16le",
  "utf-16be": "utf-16be",
  latin1: "windows-1252",
  l1: "windows-1252",
  ascii: "windows-1252",
  "us-ascii": "windows-1252",
  "iso-8859-1": "windows-1252",
  "iso8859-1": "windows-1252",
  "windows-1252": "windows-1252",
  cp1252: "windows-1252",
};

/** 0x80 to 0x9f of windows-1252, which the Encoding standard means by Latin 1. */
const WINDOWS_1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

function bytesOf(source: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

/** How many bytes at the end begin a sequence that may go on in the next piece. */
function unfinishedUtf8(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

export class TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  #rest = new Uint8Array(0);
  #isInside = false;

  constructor(label = "utf-8", options: { readonly fatal?: boolean; readonly ignoreBOM?: boolean } = {}) {
    const encoding = ENCODINGS[String(label).trim().toLowerCase()];
    if (encoding === undefined) throw new RangeError(`The encoding ${JSON.stringify(label)} does not exist here`);
    this.encoding = encoding;
    this.fatal = options.fatal === true;
    this.ignoreBOM = options.ignoreBOM === true;
  }

  decode(
    source: ArrayBuffer | ArrayBufferView = new Uint8Array(0),
    options: { readonly stream?: boolean } = {},
  ): string {
    const piece = bytesOf(source);
    const bytes = new Uint8Array(this.#rest.length + piece.length);
    bytes.set(this.#rest);
    bytes.set(piece, this.#rest.length);
    const goesOn = options.stream === true;
    const kept = goesOn ? this.#unfinished(bytes) : 0;
    const text = this.#decode(bytes.subarray(0, bytes.length - kept));
    this.#rest = bytes.slice(bytes.length - kept);
    const isFirst = !this.#isInside;
    this.#isInside = goesOn && (this.#isInside || text !== "");
    return isFirst && !this.ignoreBOM && text.startsWith("\ufeff") ? text.slice(1) : text;
  }

  #unfinished(bytes: Uint8Array): number {
    if (this.encoding === "utf-8") return unfinishedUtf8(bytes);
    if (this.encoding === "windows-1252") return 0;
    const odd = bytes.length % 2;
    const high = bytes[bytes.length - odd - (this.encoding === "utf-16le" ? 1 : 2)] ?? 0;
    return high >= 0xd8 && high < 0xdc ? odd + 2 : odd;
  }

  #decode(bytes: Uint8Array): string {
    if (this.encoding === "utf-8") return new Utf8("utf-8", { fatal: this.fatal, ignoreBOM: true }).decode(bytes);
    let text = "";
    if (this.encoding === "windows-1252") {
      for (const byte of bytes)
        text += byte >= 0x80 && byte < 0xa0 ? WINDOWS_1252[byte - 0x80] : String.fromCharCode(byte);
      return text;
    }
    const high = this.encoding === "utf-16le" ? 1 : 0;
    for (let at = 0; at + 1 < bytes.length; at += 2) {
      text += String.fromCharCode(((bytes[at + high] ?? 0) << 8) | (bytes[at + 1 - high] ?? 0));
    }
    if (bytes.length % 2 === 1) text += "\ufffd";
    const whole = text.toWellFormed();
    if (this.fatal && (whole !== text || bytes.length % 2 === 1)) throw new TypeError("The encoded data was not valid");
    return whole;
  }
}
