/**
 * What is behind all callable proxies that send messages: one function for all, which has nothing, not even a prototype, and can be given nothing.
 * What is not asked of their traps is refused by it, so that no holder of one can change or mark another one.
 *
 * @module
 */

export const PROXY_TARGET: () => void = makeTarget();

function makeTarget(): () => void {
  const target = (): void => {};
  Reflect.deleteProperty(target, "name");
  Reflect.deleteProperty(target, "length");
  Object.setPrototypeOf(target, null);
  return Object.freeze(target);
}
