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

/** Strippers report with a picture of the source under a sentence: the sentence and its place are what we want. */
function describe(error: unknown): string {
  const text = String(error instanceof Error ? error.message : error);
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const sentence = (lines[0] ?? "cannot be read as TypeScript").trim().replace(/^[x\u00d7]\s+/, "");
  const marks = lines.findIndex((line) => /^\s*:\s*\^/.test(line));
  const line = /^\s*(\d+) \|/.exec(lines[marks - 1] ?? "")?.[1];
  const picture = lines[marks];
  if (line === undefined || picture === undefined) return sentence;
  return `line ${line}, column ${picture.indexOf("^") - picture.indexOf(":") - 1}: ${sentence}`;
}
