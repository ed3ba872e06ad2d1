/**
 * `console`.
 *
 * @module
 */
export default globalThis.console;
