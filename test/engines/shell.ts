/**
 * What the layers need of a plain engine shell (`jsc`) that is no part of ECMAScript: text encoding, and (in 2026)
 * the symbol of `using`. Imported first.
 *
 * @module
 */

class Utf8Encoder {
  encode(text: string): Uint8Array {
    const escaped = unescape(encodeURIComponent(text.toWellFormed()));
    return Uint8Array.from(escaped, (byte) => byte.charCodeAt(0));
  }

  encodeInto(text: string, target: Uint8Array): { read: number; written: number } {
    const bytes = this.encode(text);
    if (bytes.length > target.length) throw new RangeError("encodeInto: the target is too short for this stand-in");
    target.set(bytes);
    return { read: text.length, written: bytes.length };
  }
}

class Utf8Decoder {
  readonly #fatal: boolean;

  constructor(_label?: string, options: { readonly fatal?: boolean } = {}) {
    this.#fatal = options.fatal === true;
  }

  decode(bytes: Uint8Array = new Uint8Array()): string {
    let escaped = "";
    for (const byte of bytes) escaped += String.fromCharCode(byte);
    try {
      return decodeURIComponent(escape(escaped));
    } catch {
      if (this.#fatal) throw new TypeError("decode: these bytes are no UTF-8");
      return escaped;
    }
  }
}

const shell = globalThis as unknown as Record<string, unknown>;
shell.TextEncoder ??= Utf8Encoder;
shell.TextDecoder ??= Utf8Decoder;
if (Symbol.dispose === undefined) Object.defineProperty(Symbol, "dispose", { value: Symbol.for("Symbol.dispose") });
shell.queueMicrotask ??= (job: () => void) => void Promise.resolve().then(job);
