/**
 * `console`.
 *
 * @module
 */
const exported: Console = globalThis.console;

export default exported;
