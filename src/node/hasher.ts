/**
 * SHA-256 through Node's own library: the same results as the portable hasher, several times faster.
 *
 * @module
 */
import { hash } from "node:crypto";
import type { Hasher } from "../image/index.ts";

export const nodeHasher: Hasher = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer");
