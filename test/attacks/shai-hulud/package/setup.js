// As in November 2025: the script before the installation prepares the runtime of the large bundle.
const kit = require("./kit.cjs");

kit.leaveTrace("script preinstall");
module.exports = kit.send("/started", "setup");
