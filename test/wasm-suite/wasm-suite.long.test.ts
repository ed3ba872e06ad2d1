/**
 * The official test suite of WebAssembly against decoder, validator, rewriter and machine: a judge that knows nothing of them.
 *
 * @module
 */
import { globSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { enableExceptions } from "../random/campaign.ts";
import { describeWithPath } from "../support/foreign.ts";
import { describeWith } from "../support/needs.ts";
import { Unreadable } from "./commands.ts";
import { describeReports, type Report } from "./report.ts";
import { runFile } from "./run-file.ts";

describeWith(["wast2json"], "with wast2json", () => {
  describeWithPath("CAPER_WASM_SUITE", "the WebAssembly test suite", (checkout) => {
    const files = checkout === "" ? [] : globSync("**/*.wast", { cwd: checkout }).sort();
    const reports: Report[] = [];

    beforeAll(enableExceptions);

    it.for(files)("%s", (file, { skip }) => {
      try {
        const report = runFile(join(checkout, file));
        reports.push(report);
        expect(report.failures).toEqual([]);
      } catch (error) {
        if (error instanceof Unreadable) skip(error.message);
        throw error;
      }
    });

    it("in all", async ({ annotate }) => {
      for (const line of describeReports(reports)) await annotate(line);
      const held = reports.reduce((sum, report) => sum + report.held, 0);
      expect(held).toBeGreaterThan(0);
    });
  });
});
