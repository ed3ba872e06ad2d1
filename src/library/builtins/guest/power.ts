/**
 * How built-ins reach what is outside: by a power's name. What a library was not given does not exist for it, and the audit log
 * hears that it asked.
 *
 * @module
 */

interface Caper {
  power(name: string): unknown;
  denied?(power: string, what: string): void;
  exit(code?: number): void;
  readonly args?: readonly string[];
}

/** The bundler puts the name and version of the package here. */
declare const CAPER_PACKAGE: string;
declare const caper: Caper;

// Kept: what a package does to its own globals later is its own affair.
const { power, denied } = caper;
export const exit: (code?: number) => void = caper.exit;

/** Methods as src/powers defines them; each decodes what it gets. */
export interface Power {
  readonly [method: string]: (...args: readonly unknown[]) => unknown;
}

export function findPower(name: string): Power | undefined {
  // A capability: whatever is asked of it is a method.
  return power(name) as Power | undefined;
}

/** Records that something was asked for that is not there. */
export function deny(name: string, what: string): void {
  denied?.(name, what);
}

/** Throws an error that names the package, what it called, and the power that it would need. */
export function needPower(name: string, what: string): Power {
  const found = findPower(name);
  if (found !== undefined) return found;
  deny(name, what);
  const message = `EACCES: ${CAPER_PACKAGE} called ${what}, which needs the power "${name}", and was not given it`;
  throw Object.assign(new Error(message), { code: "EACCES", power: name });
}

/** For what no power provides. */
export function unsupported(what: string): Error {
  return Object.assign(new Error(`${CAPER_PACKAGE} called ${what}, which does not exist here`), {
    code: "ERR_METHOD_NOT_IMPLEMENTED",
  });
}
