/**
 * What older scripts read the last match of a regular expression by: `RegExp.$1` and its like, which the engine does not have. Every
 * way to match goes through `exec`, which a bundle that uses them replaces by one that takes note.
 *
 * @module
 */
export let $1 = "";
export let $2 = "";
export let $3 = "";
export let $4 = "";
export let $5 = "";
export let $6 = "";
export let $7 = "";
export let $8 = "";
export let $9 = "";
export let lastMatch = "";
export let lastParen = "";
export let leftContext = "";
export let rightContext = "";

const { exec } = RegExp.prototype;

function note(match: RegExpExecArray): void {
  const groups = match.slice(1).map((group) => group ?? "");
  [$1 = "", $2 = "", $3 = "", $4 = "", $5 = "", $6 = "", $7 = "", $8 = "", $9 = ""] = groups;
  lastMatch = match[0];
  lastParen = groups.at(-1) ?? "";
  leftContext = match.input.slice(0, match.index);
  rightContext = match.input.slice(match.index + lastMatch.length);
}

Object.defineProperty(RegExp.prototype, "exec", {
  value: {
    exec(this: RegExp, text: string): RegExpExecArray | null {
      const match = Reflect.apply(exec, this, [text]) as RegExpExecArray | null;
      if (match !== null) note(match);
      return match;
    },
  }.exec,
  writable: true,
  configurable: true,
});
