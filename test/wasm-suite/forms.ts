/**
 * The forms of a `.wast` file, found by their parentheses alone: what a converter can not read is taken out of the file form by form, and
 * all others keep their lines.
 *
 * @module
 */

export interface Form {
  readonly start: number;
  readonly end: number;
  /** Of its first character, from 1. */
  readonly line: number;
  /** Its first word, such as `module` or `assert_return`. */
  readonly kind: string;
}

/** A string, a comment to the end of the line, the ends of a comment in parentheses, a parenthesis, or an end of line. */
const TOKENS = /"(?:[^"\\\n]|\\.)*"|;;[^\n]*|\(;|;\)|[()\n]/g;

export function formsOf(text: string): Form[] {
  const forms: Form[] = [];
  let line = 1;
  let depth = 0;
  let comments = 0;
  let start = { at: 0, line: 1 };
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    if (token === "\n") line++;
    else if (token === "(;") comments++;
    else if (token === ";)") comments--;
    else if (comments > 0) continue;
    else if (token === "(" && depth++ === 0) start = { at: index, line };
    else if (token === ")" && --depth === 0) forms.push(formOf(text, { ...start, end: index + 1 }));
  }
  return forms;
}

function formOf(text: string, { at, line, end }: { at: number; line: number; end: number }): Form {
  return { start: at, end, line, kind: /^\(\s*(\w*)/.exec(text.slice(at, end))?.[1] ?? "" };
}

/** Without these forms; an empty module stands for each that is one, so that what follows does not go to the one before. */
export function withoutForms(text: string, forms: readonly Form[]): string {
  let rest = text;
  for (const { start, end, kind } of [...forms].sort((a, b) => b.start - a.start)) {
    const form = rest.slice(start, end);
    const name = /^\(module\s+(?:definition\s+|instance\s+)?(\$\S*[^\s()])/.exec(form)?.[1] ?? "";
    rest =
      rest.slice(0, start) +
      (kind === "module" ? `(module ${name})` : "") +
      form.replace(/[^\n]/g, "") +
      rest.slice(end);
  }
  return rest;
}
