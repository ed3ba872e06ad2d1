/**
 * The part of @exodus/bytes that whatwg-url needs, for UTF-8 alone: the tables of all other encodings are a third of a megabyte.
 *
 * @module
 */

const encoder = new TextEncoder();

export function percentEncodeAfterEncoding(
  _encoding: string,
  input: string,
  percentEncodeSet: string,
  spaceAsPlus = false,
): string {
  let text = "";
  for (const byte of encoder.encode(input)) {
    const character = String.fromCharCode(byte);
    if (spaceAsPlus && byte === 0x20) text += "+";
    else if (byte < 0x20 || byte > 0x7e || percentEncodeSet.includes(character))
      text += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    else text += character;
  }
  return text;
}
