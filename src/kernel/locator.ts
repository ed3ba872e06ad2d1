/**
 * Names of capabilities as images hold them.
 * @module
 */

import type { Plain } from "../image/index.ts";
import type { Capability } from "../passable/index.ts";

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
  const found = endowmentOf(locator);
  return found?.process === 0 ? found.endowment : undefined;
}

/** Whether it names what a process inside of the image was endowed with: a name that its parent chose, and that says nothing to anybody else. */
export function isChildsEndowment(locator: Plain): boolean {
  const found = endowmentOf(locator);
  return found !== undefined && found.process !== 0;
}

/** For `ThawInit.resolveLocator`: what the root of an image is endowed with anew, by the names that it had. Undefined for all other locators. */
export function findEndowment(
  endowments: { readonly [name: string]: Capability },
  locator: Plain,
): Capability | undefined {
  const name = endowmentName(locator);
  return name !== undefined && Object.hasOwn(endowments, name) ? endowments[name] : undefined;
}

function endowmentOf(locator: Plain): { readonly endowment: string; readonly process: number } | undefined {
  if (typeof locator !== "object" || locator === null || Array.isArray(locator) || locator instanceof Uint8Array) {
    return undefined;
  }
  const { endowment, process } = locator as { readonly [key: string]: Plain };
  return typeof endowment === "string" && typeof process === "number" ? { endowment, process } : undefined;
}
