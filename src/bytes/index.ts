/**
 * Border of the bytes layer: reading and writing bytes, knowing nothing of any format.
 * @module
 */

export { base64ToBytes, bytesToBase64 } from "./base64.ts";
export { BytesError, type BytesErrorCode } from "./errors.ts";
export { ByteReader } from "./reader.ts";
export { ByteWriter } from "./writer.ts";
