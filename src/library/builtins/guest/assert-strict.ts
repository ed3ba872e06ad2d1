/**
 * `assert/strict`.
 *
 * @module
 */
export { strict as default } from "./assert.ts";
