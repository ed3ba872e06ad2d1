/**
 * TypeScript by type stripping. The stripper is an argument (Node has one, the package amaro is another), so that this layer
 * depends on neither.
 * @module
 */

/** Returns JavaScript with the same lines and columns; throws an error whose message says what is wrong, and where. */
export type StripTypes = (source: string) => string;

/** A source that is not what its name says: one sentence with file, line and column where the stripper gives them. */
export class SourceError extends Error {
  readonly file: string;

  constructor(file: string, message: string, options: { readonly cause: unknown }) {
    super(`${file}: ${message}`, options);
    this.name = "SourceError";
    this.file = file;
  }
}

const TYPESCRIPT_NAME = /\.[cm]?ts$/;

export function isTypeScriptName(name: string): boolean {
  return TYPESCRIPT_NAME.test(name);
}

/** The source as JavaScript; unchanged where the name is not one of TypeScript. */
export function stripSource(name: string, source: string, strip: StripTypes): string {
  if (!isTypeScriptName(name)) return source;
  try {
    return strip(source);
  } catch (error) {
    throw new SourceError(name, describe(error), { cause: error });
  }
}

export function stripModules(
  modules: { readonly [specifier: string]: string },
  strip: StripTypes,
): { readonly [specifier: string]: string } {
  return Object.fromEntries(Object.entries(modules).map(([name, source]) => [name, stripSource(name, source, strip)]));
}

/** Strippers report with a picture of the source; the sentence in it is what we want, with the place where there is one. */
function describe(error: unknown): string {
  const fields = error as { message?: unknown; startLine?: unknown; startColumn?: unknown };
  const text = (typeof fields.message === "string" ? fields.message : String(error)).trim();
  const sentence = text.split("\n")[0] ?? text;
  if (typeof fields.startLine !== "number") return sentence;
  return `line ${fields.startLine}, column ${Number(fields.startColumn ?? 0) + 1}: ${sentence}`;
}
