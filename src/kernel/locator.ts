/**
 * Names of capabilities as images hold them.
 * @module
 */

import type { Plain } from "../image/index.ts";

/** Equal locators give equal texts, in whatever order their fields are. */
export function locatorText(locator: Plain): string {
  if (typeof locator === "bigint") return `${locator}n`;
  if (locator instanceof Uint8Array) return `bytes ${locator.join()}`;
  if (Array.isArray(locator)) return `[${locator.map(locatorText).join()}]`;
  if (typeof locator !== "object" || locator === null) return JSON.stringify(locator);
  const fields = Object.entries(locator).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${locatorText(value)}`).join()}}`;
}

/** The name of an endowment of the root of an image; undefined for all other locators. */
export function endowmentName(locator: Plain): string | undefined {
  if (typeof locator !== "object" || locator === null || Array.isArray(locator) || locator instanceof Uint8Array) {
    return undefined;
  }
  const { endowment, process } = locator as { readonly [key: string]: Plain };
  return typeof endowment === "string" && process === 0 ? endowment : undefined;
}
