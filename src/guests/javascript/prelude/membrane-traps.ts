/**
 * Guest code: proxies of what the other side of a membrane exports. What a library exports is open to its importer; of what an
 * importer exports a library sees properties and methods, never prototypes, and changes it by its own setters and methods only: what else
 * it writes stays on its side.
 * @module
 */

export const MEMBRANE_TRAPS: string = `
const crossable = (key) => typeof key !== "symbol" || mapGet(symbolNames, key) !== undefined || keyOfSymbol(key) !== undefined;
const DF = DESCRIPTOR_FLAG;

// The objects that proxies stand on: of the same kind as what they are proxies of, and empty but for what the language insists on.
const shadowOf = (kind) => {
  switch (kind) {
    case "c": return function () {};
    case "f": { const shadow = () => {}; delete shadow.name; delete shadow.length; return shadow; }
    case "a": case "s": return [];
    default: return {};
  }
};
const localProto = (kind) => kind === "c" || kind === "f" ? functionProto : kind === "a" || kind === "s" ? arrayProto : objectProto;
// Methods of the language that work on any array or function: those of this side do it with fewer messages.
const isLocal = (kind, key) => kind === "a" ? key !== "length" && hasOwn(arrayProto, key)
  : (kind === "f" || kind === "c") && (key === "call" || key === "apply" || key === "bind");

// Properties that the shadow has for good must be there as they are reported.
const reported = (shadow, key, descriptor) => {
  const fixed = getOwnPropertyDescriptor(shadow, key);
  if (fixed === undefined || fixed.configurable) { descriptor.configurable = true; return descriptor; }
  descriptor.configurable = false;
  descriptor.enumerable = fixed.enumerable;
  if (key === "length" && isArray(shadow)) descriptor.writable = true;
  defineProperty(shadow, key, descriptor);
  return descriptor;
};
const reportKeys = (shadow, keys) => {
  const fixed = isArray(shadow) ? "length" : typeof shadow === "function" && hasOwn(shadow, "prototype") ? "prototype" : undefined;
  let found = fixed === undefined;
  for (let i = 0; i < keys.length && !found; i++) found = keys[i] === fixed;
  if (!found) keys[keys.length] = fixed;
  return keys;
};
const describe = (handler, shadow, key) => {
  if (!crossable(key)) return undefined;
  const found = ask_(handler, LINK_OP.descriptor, [key]);
  if (found.length === 0) {
    const own = getOwnPropertyDescriptor(shadow, key);
    return own === undefined || own.configurable ? undefined : own;
  }
  const flags = found[0], enumerable = (flags & DF.enumerable) !== 0;
  const descriptor = flags & DF.accessor
    ? { __proto__: null, get: found[1], set: found[2], enumerable, configurable: true }
    : { __proto__: null, value: found[1], writable: (flags & DF.writable) !== 0, enumerable, configurable: true };
  return reported(shadow, key, descriptor);
};
const ask_ = (handler, op, values) => ask_link(handler.link, op, handler.id, values);

// Of a library's objects, for their importer.
const openTraps = {
  __proto__: null,
  get(_shadow, key, receiver) {
    if (isLocal(this.kind, key)) return localProto(this.kind)[key];
    if (!crossable(key)) return undefined;
    const from = typeof receiver === "object" || typeof receiver === "function" ? weakGet(remotes, receiver) : undefined;
    const inherits = from !== undefined && from.link === this.link && from.id !== this.id;
    return ask_(this, LINK_OP.get, inherits ? [key, receiver] : [key])[0];
  },
  set(_shadow, key, value) { return crossable(key) && ask_(this, LINK_OP.set, [key, value])[0]; },
  has(_shadow, key) { return crossable(key) && ask_(this, LINK_OP.has, [key])[0]; },
  deleteProperty(_shadow, key) { return !crossable(key) || ask_(this, LINK_OP.remove, [key])[0]; },
  ownKeys(shadow) { return reportKeys(shadow, ask_(this, LINK_OP.keys, [])); },
  getOwnPropertyDescriptor(shadow, key) { return describe(this, shadow, key); },
  defineProperty(_shadow, key, descriptor) {
    if (!crossable(key)) return false;
    const flags = (descriptor.writable ? DF.writable : 0) | (descriptor.enumerable ? DF.enumerable : 0) | DF.configurable;
    return "get" in descriptor || "set" in descriptor
      ? ask_(this, LINK_OP.define, [key, flags | DF.accessor, descriptor.get, descriptor.set])[0]
      : ask_(this, LINK_OP.define, [key, flags, descriptor.value])[0];
  },
  getPrototypeOf() {
    const found = ask_(this, LINK_OP.prototype, []);
    return found.length === 1 ? intrinsicProtos[found[0]] ?? objectProto : found[1];
  },
  setPrototypeOf() { return false; },
  preventExtensions() { return false; },
  apply(_shadow, receiver, args) {
    return callRemote(this, receiver, args);
  },
  construct(_shadow, args, newTarget) {
    const target = weakGet(remotes, newTarget);
    if (target === undefined || target.link !== this.link || target.id !== this.id) throw new CannotCross("a class that extends one of a library");
    return ask_(this, LINK_OP.construct, args)[0];
  },
};

// What a library writes to an importer's object is kept with its proxy: on the shadow, which answers for the keys that are noted.
const isKept = (handler, key) => handler.kept !== undefined && handler.kept[key] === true;
const keepKey = (handler, key) => { (handler.kept ??= { __proto__: null })[key] = true; };
const isAsked = (key) => key !== "__proto__" && (typeof key !== "symbol" || shown(key));
const describeGuarded = (handler, shadow, key) => {
  if (isKept(handler, key)) return getOwnPropertyDescriptor(shadow, key);
  const theirs = isAsked(key) ? describe(handler, shadow, key) : undefined;
  // Whatever its importer may write: the library may, on its own side.
  if (theirs !== undefined && hasOwn(theirs, "value")) theirs.writable = true;
  return theirs;
};
// Before an array is changed its length is kept: the shadow, an array itself, does then what the language says about it.
const keepLength = (handler, shadow) => {
  if (!isArray(shadow) || isKept(handler, "length")) return;
  shadow.length = ask_(handler, LINK_OP.get, ["length"])[0];
  keepKey(handler, "length");
};
const keepWithoutRest = (handler, length) => {
  const keys = ask_(handler, LINK_OP.keys, []);
  for (let i = 0; i < keys.length; i++) if (typeof keys[i] === "string" && +keys[i] >= length) keepKey(handler, keys[i]);
};
const noObject = freeze({ __proto__: null });

// Of an importer's objects, for a library: what is not there is looked up among the library's own.
const guardedTraps = {
  __proto__: null,
  get(shadow, key, receiver) {
    if (isKept(this, key)) return getOf(shadow, key, receiver);
    const proto = localProto(this.kind);
    if (isLocal(this.kind, key) || !isAsked(key)) return getOf(proto, key, receiver);
    const found = ask_(this, LINK_OP.get, [key]);
    if (found.length === 0) return getOf(proto, key, receiver);
    const value = found[0];
    // Objects in it are held with it, and so what was written to them.
    if (typeof value === "object" && value !== null && weakMapHas(remotes, value)) (this.held ??= { __proto__: null })[key] = value;
    return value;
  },
  set(shadow, key, value, receiver) {
    if (key === "__proto__") return false;
    // Here, as the engine takes no definition of an array's length from a proxy.
    if (key === "length" && isArray(shadow)) return this.defineProperty(shadow, key, { __proto__: null, value });
    if (isKept(this, key)) return setOf(shadow, key, value, receiver);
    // Its importer's setters run there; everything else is defined on the receiver.
    return isAsked(key) && ask_(this, LINK_OP.has, [key])[0] && ask_(this, LINK_OP.set, [key, value])[0] || setOf(noObject, key, value, receiver);
  },
  has(shadow, key) {
    if (isKept(this, key)) return hasIn(shadow, key);
    return isAsked(key) && ask_(this, LINK_OP.has, [key])[0] || hasIn(localProto(this.kind), key);
  },
  deleteProperty(shadow, key) {
    if (!deleteProperty(shadow, key)) return false;
    keepKey(this, key);
    return true;
  },
  ownKeys(shadow) {
    const theirs = ask_(this, LINK_OP.keys, []);
    if (this.kept === undefined) return reportKeys(shadow, theirs);
    // An object of its own puts them into order.
    const all = { __proto__: null }, own = ownKeys(shadow);
    for (let i = 0; i < theirs.length; i++) if (!isKept(this, theirs[i]) || hasOwn(shadow, theirs[i])) all[theirs[i]] = true;
    for (let i = 0; i < own.length; i++) if (isKept(this, own[i])) all[own[i]] = true;
    return reportKeys(shadow, ownKeys(all));
  },
  getOwnPropertyDescriptor(shadow, key) { return describeGuarded(this, shadow, key); },
  defineProperty(shadow, key, descriptor) {
    if (key === "__proto__") return false;
    keepLength(this, shadow);
    if (!isKept(this, key)) {
      const theirs = describeGuarded(this, shadow, key);
      if (theirs !== undefined) defineProperty(shadow, key, theirs);
      else deleteProperty(shadow, key);
      keepKey(this, key);
    }
    const length = isArray(shadow) ? shadow.length : 0;
    const isDone = Reflect_defineProperty(shadow, key, descriptor);
    if (isArray(shadow) && shadow.length < length) keepWithoutRest(this, shadow.length);
    return isDone;
  },
  getPrototypeOf() { return localProto(this.kind); },
  setPrototypeOf() { return false; },
  preventExtensions() { return false; },
  apply(_shadow, receiver, args) { return callRemote(this, receiver, args); },
  construct(_shadow, args) { return ask_(this, LINK_OP.construct, args)[0]; },
};
const shown = (key) => keyOfSymbol(key) !== undefined || shownSymbols[mapGet(symbolNames, key)] === true;
const DIRECT_ARGS = 8;
const arePrimitive = (args) => {
  if (args.length > DIRECT_ARGS) return false;
  for (let i = 0; i < args.length; i++) {
    switch (typeof args[i]) {
      case "number": case "string": case "boolean": case "undefined": continue;
      default: if (args[i] !== null) return false;
    }
  }
  return true;
};
const callRemote = (handler, receiver, args) => {
  const waits = handler.link.waits ? LINK_WAITING : 0;
  if (receiver === undefined && waits === 0 && handler.link.isDirect && arePrimitive(args)) {
    const result = callHost(handler.id, args);
    return typeof result === "object" && result !== null ? concludeLink(handler.link, result)[0] : result;
  }
  if (receiver === undefined) return ask_link(handler.link, LINK_OP.call | waits, handler.id, args)[0];
  const values = [receiver];
  for (let i = 0; i < args.length; i++) values[i + 1] = args[i];
  return ask_link(handler.link, LINK_OP.apply | waits, handler.id, values)[0];
};

const makeProxy = (link, id, kind) => {
  // It does not know its proxy: the engine counts references, and frees circles late.
  return new Proxy_(shadowOf(kind), { __proto__: link.guarded ? openTraps : guardedTraps, link, id, kind });
};
`;
