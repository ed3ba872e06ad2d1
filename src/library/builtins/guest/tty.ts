/**
 * `tty`: there is no terminal.
 *
 * @module
 */
export default { isatty: (): boolean => false };
