/**
 * Variables of the environment that nearly every package asks for while it loads: that one does is no news, neither to the audit log
 * nor to an audit.
 *
 * @module
 */
export const UNREMARKABLE: ReadonlySet<string> = new Set([
  "NODE_ENV",
  "NODE_DEBUG",
  "DEBUG",
  "NO_COLOR",
  "FORCE_COLOR",
]);
