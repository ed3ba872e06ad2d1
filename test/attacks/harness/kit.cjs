/**
 * The tools that the look-alikes share, copied into each of them by the harness together with `sandbox.json`, which names the
 * temporary folder and the local sink that they may touch. Without that file, or outside of that folder, nothing here works.
 */
"use strict";
const { sandbox, sink } = require("./sandbox.json");

const home = `${sandbox}/home`;
// Only Caper's guests have no WebAssembly. Everywhere else the environment must be the one that the harness made.
if (typeof WebAssembly === "object" && !(process.env.HOME === home && process.cwd().startsWith(sandbox))) {
  throw new Error("this look-alike acts only inside of the temporary sandbox that its test made");
}

/** An attacker tries, and goes on when it fails. */
function attempt(action) {
  try {
    return action();
  } catch {
    return undefined;
  }
}

async function attemptLater(action) {
  try {
    return await action();
  } catch {
    return undefined;
  }
}

/** Leaves a line that the harness finds: how it knows that a script, or a local program, ran. */
function leaveTrace(text) {
  attempt(() => require("node:fs").appendFileSync(`${sandbox}/traces.txt`, `${text}\n`));
}

function readHome(path) {
  return attempt(() => require("node:fs").readFileSync(`${home}/${path}`, "utf8"));
}

/** By Node's own means, else by those of a browser. The sink, on this machine, is the only place that it ever names. */
async function ask(path, { method = "GET", body, headers = {} } = {}) {
  const http = attempt(() => require("node:http"));
  if (typeof http?.request === "function") {
    const answer = await attemptLater(() => askByHttp(http, path, { method, body, headers }));
    if (answer !== undefined) return answer;
  }
  return attemptLater(async () => (await fetch(`${sink}${path}`, { method, body, headers })).text());
}

function askByHttp(http, path, { method, body, headers }) {
  return new Promise((resolve, reject) => {
    const request = http.request(`${sink}${path}`, { method, headers }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
    });
    request.on("error", reject);
    request.end(body);
  });
}

function send(path, body, headers) {
  return ask(path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body), headers });
}

module.exports = { sandbox, home, sink, attempt, attemptLater, leaveTrace, readHome, ask, send };
