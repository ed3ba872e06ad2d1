const BROWSERS = [
  ["Edge", /Edg\/([\d.]+)/],
  ["Chrome", /Chrome\/([\d.]+)/],
  ["Firefox", /Firefox\/([\d.]+)/],
  ["Safari", /Version\/([\d.]+).*Safari/],
];

/** Browser and version in a user agent's line. */
function parse(userAgent) {
  for (const [name, pattern] of BROWSERS) {
    const found = pattern.exec(userAgent);
    if (found) return { name, version: found[1] };
  }
  return { name: undefined, version: undefined };
}

module.exports = { parse };
