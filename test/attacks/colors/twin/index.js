const paint = (code) => (text) => `\u001b[${code}m${text}\u001b[0m`;

exports.red = paint(31);
exports.green = paint(32);
exports.bold = paint(1);

/** Shows what it can, one line each. */
exports.demo = () => {
  const names = ["red", "green", "bold"];
  for (const name of names) console.log(exports[name](name));
  return names.length;
};
