/**
 * `util/types`.
 *
 * @module
 */
export { types as default } from "./util.ts";
