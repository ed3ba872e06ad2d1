/**
 * A few packages of the compatibility table, those that are quick and different from each other. All: `npm run compat`.
 *
 * @module
 */
import { beforeAll, describe, expect, it } from "vitest";
import { runOne } from "./main.ts";
import { install } from "./project.ts";

const QUICK = ["marked", "lodash", "zod", "semver", "handlebars", "yaml", "pako", "csv-parse"];

describe("documented examples of packages", () => {
  beforeAll(() => install(), 300_000);

  it.each(QUICK)("%s gives the same results as in plain Node", async (name) => {
    const outcome = await runOne(name, ["--quick"]);
    expect(outcome.reason).toBeUndefined();
    expect(outcome.isSame).toBe(true);
  });
});
