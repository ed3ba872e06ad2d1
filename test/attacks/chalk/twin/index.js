/** Colours when the environment asks for them. */
export const isColored = process.env.FORCE_COLOR === "1";

function paint(code) {
  return (text) => (isColored ? `\u001b[${code}m${text}\u001b[39m` : text);
}

export const red = paint(31);
export const blue = paint(34);
