/**
 * `tty`: there is no terminal.
 *
 * @module
 */
const exported: object = { isatty: (): boolean => false };

export default exported;
