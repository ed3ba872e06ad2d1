/**
 * Dates as values: they are made from a time that is given, and never ask what time it is.
 * @module
 */

// biome-ignore lint/style/noRestrictedGlobals: the class of values that cross, not a clock.
const DateClass = Date;

export const DATE_PROTOTYPE: object = DateClass.prototype;

/** Milliseconds; NaN for an invalid date. Throws for what is no date. */
export function timeOfDate(value: object): number {
  return DateClass.prototype.getTime.call(value);
}

export function makeDate(time: number): object {
  return new DateClass(time);
}
