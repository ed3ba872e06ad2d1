const { readFileSync, readdirSync } = require("node:fs");

/** The order in which the projects of a workspace can be built: dependencies first. */
function buildOrder(folder) {
  const projects = new Map();
  for (const name of readdirSync(folder)) {
    if (name.endsWith(".project.json")) {
      const { name: id, needs } = JSON.parse(readFileSync(`${folder}/${name}`, "utf8"));
      projects.set(id, needs);
    }
  }
  const order = [];
  const visit = (name) => {
    if (order.includes(name)) return;
    for (const other of projects.get(name) ?? []) visit(other);
    order.push(name);
  };
  for (const name of [...projects.keys()].sort()) visit(name);
  return order;
}

module.exports = { buildOrder };
