import { getActiveResourcesInfo } from "node:process";
import { expect, it } from "vitest";
import { Awake } from "./awake.ts";

const timers = (): number => getActiveResourcesInfo().filter((name) => name === "Timeout").length;

it("keeps the program running from its beginning to its end, however often each is said", () => {
  const before = timers();
  const awake = new Awake();
  awake.end();
  for (let round = 0; round < 2; round += 1) {
    awake.begin();
    awake.begin();
    expect(timers()).toBe(before + 1);
    awake.end();
    awake.end();
    expect(timers()).toBe(before);
  }
});
