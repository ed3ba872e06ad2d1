import "lookalike-peacenotwar";
import { readFileSync } from "node:fs";

/** Delivers a message a little later, under a name of its own, with the settings that are in the data folder. */
export function deliver(message, receiver) {
  const settings = JSON.parse(readFileSync("data/settings.json", "utf8"));
  const id = Math.random().toString(36).slice(2);
  return new Promise((resolve) => {
    setTimeout(() => resolve(receiver({ id, space: settings.space, message })), 30);
  });
}
