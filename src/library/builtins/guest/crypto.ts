/**
 * `crypto`, in the form of Node and of the web: randomness over the power `random`, digests by @noble/hashes. No ciphers, no keys.
 *
 * @module
 */
import { hmac } from "@noble/hashes/hmac.js";
import { md5, ripemd160, sha1 } from "@noble/hashes/legacy.js";
import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { sha224, sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { Buffer } from "buffer";
import { unsupported } from "./power.ts";
import { getRandomValues, randomInto, randomUUID, viewOf, webcrypto } from "./web-crypto.ts";

const HASHES = { md5, ripemd160, sha1, sha224, sha256, sha384, sha512 } as const;
type HashName = keyof typeof HASHES;
type Input = string | ArrayBufferView | ArrayBuffer;

function bytesOf(input: Input, encoding?: string): Uint8Array {
  return typeof input === "string" ? Buffer.from(input, (encoding ?? "utf8") as BufferEncoding) : viewOf(input);
}

type Done<T> = (error: Error | null, value?: T) => void;

/** As Node's functions that may be given a callback. */
function answer<T>(make: () => T, done: Done<T> | undefined): T | undefined {
  if (done === undefined) return make();
  queueMicrotask(() => {
    let value: T;
    try {
      value = make();
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    done(null, value);
  });
  return undefined;
}

function randomBytes(size: number, done?: Done<Buffer>): Buffer | undefined {
  return answer(() => {
    const bytes = Buffer.alloc(size);
    randomInto(bytes, "crypto.randomBytes");
    return bytes;
  }, done);
}

function randomFillSync<T extends ArrayBufferView>(
  target: T,
  offset = 0,
  size: number = target.byteLength - offset,
): T {
  randomInto(viewOf(target).subarray(offset, offset + size), "crypto.randomFillSync");
  return target;
}

function randomFill<T extends ArrayBufferView>(target: T, done: Done<T>): void {
  answer(() => randomFillSync(target), done);
}

/** As many tries as it takes, so that every number is equally likely. */
function randomInt(low: number, high?: number | Done<number>, done?: Done<number>): number | undefined {
  const [min, max] = typeof high === "number" ? [low, high] : [0, low];
  const range = max - min;
  if (!Number.isSafeInteger(range) || range <= 0 || range >= 2 ** 48)
    throw new RangeError("crypto.randomInt: expected a range below 2^48");
  const limit = 2 ** 48 - (2 ** 48 % range);
  const draw = (): number => {
    for (;;) {
      const bytes = Buffer.alloc(6);
      randomInto(bytes, "crypto.randomInt");
      const value = bytes.readUIntBE(0, 6);
      if (value < limit) return min + (value % range);
    }
  };
  return answer(draw, typeof high === "function" ? high : done);
}

function hashOf(algorithm: string): (typeof HASHES)[HashName] {
  const name = algorithm
    .toLowerCase()
    .replace(/^(sha|md)-/, "$1")
    .replace(/^rmd160$/, "ripemd160");
  if (Object.hasOwn(HASHES, name)) return HASHES[name as HashName];
  throw Object.assign(new Error(`crypto: the digest ${algorithm} does not exist here`), {
    code: "ERR_OSSL_EVP_UNSUPPORTED",
  });
}

interface Running {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
  clone?(): Running;
}

class Digest {
  readonly #running: Running;
  #isOver = false;

  constructor(running: Running) {
    this.#running = running;
  }

  update(input: Input, encoding?: string): this {
    if (this.#isOver) throw Object.assign(new Error("Digest already called"), { code: "ERR_CRYPTO_HASH_FINALIZED" });
    this.#running.update(bytesOf(input, encoding));
    return this;
  }

  digest(encoding?: string): Buffer | string {
    if (this.#isOver) throw Object.assign(new Error("Digest already called"), { code: "ERR_CRYPTO_HASH_FINALIZED" });
    this.#isOver = true;
    const bytes = Buffer.from(this.#running.digest());
    return encoding === undefined || encoding === "buffer" ? bytes : bytes.toString(encoding as BufferEncoding);
  }

  copy(): Digest {
    const copy = this.#running.clone?.();
    if (copy === undefined) throw unsupported("Hmac.copy");
    return new Digest(copy);
  }
}

const createHash = (algorithm: string): Digest => new Digest(hashOf(algorithm).create());
const createHmac = (algorithm: string, key: Input): Digest => new Digest(hmac.create(hashOf(algorithm), bytesOf(key)));
const hash = (algorithm: string, input: Input, encoding = "hex"): Buffer | string =>
  createHash(algorithm).update(input).digest(encoding);

function pbkdf2Sync(password: Input, salt: Input, iterations: number, length: number, algorithm: string): Buffer {
  return Buffer.from(pbkdf2(hashOf(algorithm), bytesOf(password), bytesOf(salt), { c: iterations, dkLen: length }));
}

function timingSafeEqual(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const [left, right] = [viewOf(a), viewOf(b)];
  if (left.length !== right.length) throw new RangeError("Input buffers must have the same byte length");
  return left.reduce((difference, byte, index) => difference | (byte ^ (right[index] ?? 0)), 0) === 0;
}

export const subtle: object = {
  async digest(
    algorithm: string | { readonly name: string },
    input: ArrayBufferView | ArrayBuffer,
  ): Promise<ArrayBuffer> {
    const bytes = hashOf(typeof algorithm === "string" ? algorithm : algorithm.name)(viewOf(input));
    return new Uint8Array(bytes).buffer;
  },
};

Object.assign(webcrypto, { subtle });

const exported: object = {
  createHash,
  createHmac,
  getHashes: (): string[] => Object.keys(HASHES),
  getRandomValues,
  hash,
  pbkdf2Sync,
  randomBytes,
  randomFill,
  randomFillSync,
  randomInt,
  randomUUID,
  subtle,
  timingSafeEqual,
  webcrypto,
};

export default exported;
