/** Parts of a colour written as #rrggbb. */
exports.parse = (text) => {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  if (!found) throw new RangeError(`not a colour: ${text}`);
  return found.slice(1).map((part) => Number.parseInt(part, 16));
};

exports.mode = () => process.env.TINYCOLOR_MODE;
