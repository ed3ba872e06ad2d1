/**
 * Guest code: the globals that scripts expect of any JavaScript host. What needs a power says so when it is missing.
 * @module
 */

export const GLOBALS: string = String.raw`
const define = (name, value) => defineProperty(globalThis, name, { value, writable: true, configurable: true });

const indent = (text) => text.replaceAll("\n", "\n  ");
const inspect = (value, depth, seen) => {
  switch (typeof value) {
    case "string": return depth === 0 ? value : stringify(value);
    case "bigint": return value + "n";
    case "symbol": return String_(value);
    case "function": return weakGet(positions, value) > 0 ? "[capability]" : "[function " + (value.name || "(anonymous)") + "]";
    case "object": break;
    default: return Object.is(value, -0) ? "-0" : String_(value);
  }
  if (value === null) return "null";
  if (seen.includes(value)) return "[circular]";
  if (value instanceof Error_) return indent(String_(value.name) + ": " + value.message + "\n" + (value.stack ?? "")).trimEnd();
  if (value instanceof Date) return String_(value.toISOString());
  if (value instanceof RegExp) return String_(value);
  if (depth > 3) return isArray(value) ? "[…]" : "{…}";
  const inner = [...seen, value];
  if (isArray(value)) {
    const items = value.slice(0, 100).map((item) => inspect(item, depth + 1, inner));
    if (value.length > 100) items.push("… " + (value.length - 100) + " more");
    return "[" + items.join(", ") + "]";
  }
  if (value instanceof Map_) return "Map " + inspect([...value], depth, seen);
  if (value instanceof Set) return "Set " + inspect([...value], depth, seen);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return value.constructor.name + " " + inspect([...value.subarray(0, 101)], depth, seen);
  if (value instanceof Promise_) return "Promise {…}";
  const names = keysOf(value);
  const items = names.slice(0, 100).map((name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : stringify(name)) + ": " + inspect(value[name], depth + 1, inner));
  if (names.length > 100) items.push("… " + (names.length - 100) + " more");
  const prototype = getPrototypeOf(value);
  const label = prototype === objectProto || prototype === null ? "" : nameOfClass(value) + " ";
  return label + (items.length === 0 ? "{}" : "{ " + items.join(", ") + " }");
};
const inspectSafely = (value) => {
  try {
    return inspect(value, 0, []);
  } catch (error) {
    return "[not shown: " + error + "]";
  }
};

const log = (level, values) => {
  const text = stringify(values.map(inspectSafely).join(" "));
  host(OP.log, level, text);
};
const consoleObject = {};
for (const [name, level] of [["debug", 0], ["log", 1], ["info", 1], ["warn", 2], ["error", 3], ["trace", 3]]) {
  consoleObject[name] = (...values) => log(level, values);
}
consoleObject.assert = (condition, ...values) => { if (!condition) log(3, ["Assertion failed", ...values]); };
consoleObject.dir = consoleObject.table = consoleObject.group = consoleObject.log;
consoleObject.groupEnd = () => {};
const counts = new Map_(), starts = new Map_();
consoleObject.count = (label = "default") => {
  const count = (counts.get(label) ?? 0) + 1;
  counts.set(label, count);
  log(1, [label + ": " + count]);
};
consoleObject.time = (label = "default") => { starts.set(label, Date.now()); };
consoleObject.timeLog = (label = "default") => { log(1, [label + ": " + (Date.now() - (starts.get(label) ?? NaN)) + " ms"]); };
consoleObject.timeEnd = (label = "default") => { consoleObject.timeLog(label); starts.delete(label); };
define("console", consoleObject);

// Whether there is a power of randomness shows at the first use; without one the engine's own function is back then.
const { random: seededRandom } = Math;
const setRandom = (value) => defineProperty(Math, "random", { value, writable: true, configurable: true });
setRandom(function random() {
  const high = host(OP.random);
  if (high >= 0) return ((high & 0x3ffffff) * 0x8000000 + host(OP.random)) / 2 ** 53;
  setRandom(seededRandom);
  return seededRandom();
});

// Kept for good: a position that is dropped cannot be found again.
const endowments = new Map_();
const endowment = (name) => {
  const known = mapGet(endowments, name);
  if (known !== undefined) return known;
  const position = host(OP.find, stringify(String_(name)));
  if (position <= 0) return undefined;
  const found = capabilityOf(position);
  mapSet(endowments, name, found);
  return found;
};

// Tells whoever watches that something was asked for that this process was not given. It is a message: nothing waits for it.
const denied = (power, what) => {
  const audit = endowment("audit");
  if (audit !== undefined) then(sendCall(audit, "denied", [String_(power), String_(what)]), () => {}, () => {});
};

const timers = new Map_();
let timerCount = 0, timerPower;
const { now } = Date;
const TIMER_LOSSES_MAX = 8;
// A freeze loses the answer, but not the time that the timer is for: what is left of it is asked for again, without a clock all of it.
// An answer to no time at all shows that the power is there; where it is gone, every answer is lost.
const sleep = (delayMs, done) => {
  const end = now() + delayMs;
  const ask = (waitMs, answered, losses) => then(sendCall(timerPower, "after", [waitMs]), answered, (error) => {
    if (error?.code !== "lost" || losses === TIMER_LOSSES_MAX) throw error;
    ask(0, () => ask(Math.max(0, Math.min(delayMs, end - now())), done, 0), losses + 1);
  });
  ask(delayMs, done, 0);
};
const startTimer = (caller, callback, delay, args, repeat) => {
  if (typeof callback !== "function") throw new TypeError_(caller + ": expected a function");
  timerPower ??= endowment("timers");
  if (timerPower === undefined) denied("timers", caller);
  if (timerPower === undefined) throw new Error_(caller + " needs the power \"timers\", which this process was not given");
  const id = ++timerCount;
  const delayMs = Math.min(Math.max(1, Math.trunc(+delay || 0)), 2 ** 31 - 1);
  const arm = () => sleep(delayMs, () => {
    if (!timers.has(id)) return;
    if (repeat) arm();
    else timers.delete(id);
    apply(callback, undefined, args);
  });
  timers.set(id, true);
  arm();
  return id;
};
define("setTimeout", function setTimeout(callback, delay, ...args) { return startTimer("setTimeout", callback, delay, args, false); });
define("setInterval", function setInterval(callback, delay, ...args) { return startTimer("setInterval", callback, delay, args, true); });
define("clearTimeout", function clearTimeout(id) { timers.delete(id); });
define("clearInterval", function clearInterval(id) { timers.delete(id); });

const toUtf8 = (text) => fromBase64(btoa(unescape(encodeURIComponent(text.toWellFormed()))));
define("TextEncoder", class TextEncoder {
  get encoding() { return "utf-8"; }
  encode(text = "") { return toUtf8(String_(text)); }
  encodeInto(text, target) {
    let read = 0, written = 0;
    for (const character of String_(text)) {
      const bytes = toUtf8(character);
      if (written + bytes.length > target.length) break;
      target.set(bytes, written);
      read += character.length;
      written += bytes.length;
    }
    return { read, written };
  }
});

// For what is not well-formed: one U+FFFD for each maximal part of a sequence, as the Encoding standard says.
const decodeLossy = (bytes) => {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at++];
    let point = first, needed = 0, low = 0x80, high = 0xbf;
    if (first >= 0xc2 && first <= 0xdf) { needed = 1; point = first & 0x1f; }
    else if (first >= 0xe0 && first <= 0xef) { needed = 2; point = first & 0xf; if (first === 0xe0) low = 0xa0; if (first === 0xed) high = 0x9f; }
    else if (first >= 0xf0 && first <= 0xf4) { needed = 3; point = first & 7; if (first === 0xf0) low = 0x90; if (first === 0xf4) high = 0x8f; }
    else if (first >= 0x80) point = 0xfffd;
    for (; needed > 0; needed--) {
      const next = bytes[at];
      if (!(next >= low && next <= high)) { point = 0xfffd; break; }
      low = 0x80; high = 0xbf;
      point = point << 6 | next & 0x3f;
      at++;
    }
    text += String_.fromCodePoint(point);
  }
  return text;
};
const asBytes = (source) => source === undefined ? new Uint8Array(0)
  : source instanceof ArrayBuffer || source instanceof SharedArrayBuffer ? new Uint8Array(source)
  : new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
define("TextDecoder", class TextDecoder {
  #fatal; #ignoreBOM;
  constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
    if (!["utf-8", "utf8", "unicode-1-1-utf-8"].includes(String_(label).trim().toLowerCase())) {
      throw new RangeError_("TextDecoder: only utf-8 is known here, not " + stringify(String_(label)));
    }
    this.#fatal = Boolean(fatal); this.#ignoreBOM = Boolean(ignoreBOM);
  }
  get encoding() { return "utf-8"; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }
  decode(source, { stream = false } = {}) {
    if (stream) throw new TypeError_("TextDecoder: streaming is not supported here");
    const bytes = asBytes(source);
    let text;
    try {
      text = decodeURIComponent(escape(toBinary(toBase64(bytes))));
    } catch {
      if (this.#fatal) throw new TypeError_("TextDecoder: the bytes are not UTF-8");
      text = decodeLossy(bytes);
    }
    return !this.#ignoreBOM && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }
});

const refuseClone = (value) => { throw new DOMException(inspectSafely(value) + " could not be cloned", "DataCloneError"); };
const clone = (value, seen) => {
  if (typeof value === "symbol" || typeof value === "function") refuseClone(value);
  if (typeof value !== "object" || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  const keep = (copy) => { seen.set(value, copy); return copy; };
  if (isArray(value)) {
    const copy = keep(new Array(value.length));
    for (const name of keysOf(value)) copy[name] = clone(value[name], seen);
    return copy;
  }
  if (value instanceof Date) return keep(new Date(value.getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (value instanceof DataView) return keep(new DataView(clone(value.buffer, seen), value.byteOffset, value.byteLength));
  if (ArrayBuffer.isView(value)) return keep(new value.constructor(clone(value.buffer, seen), value.byteOffset, value.length));
  if (value instanceof Map_) {
    const copy = keep(new Map_());
    for (const [key, item] of value) copy.set(clone(key, seen), clone(item, seen));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set());
    for (const item of value) copy.add(clone(item, seen));
    return copy;
  }
  if (value instanceof Error_) {
    const copy = keep(makeError(errorMakers[value.name] ? value.name : "Error", String_(value.message)));
    defineProperty(copy, "stack", { value: value.stack, writable: true, configurable: true });
    if (hasOwn(value, "cause")) defineProperty(copy, "cause", { value: clone(value.cause, seen), writable: true, configurable: true });
    return copy;
  }
  if (value instanceof Boolean || value instanceof Number || value instanceof String_) return keep(Object(value.valueOf()));
  if (value instanceof Promise_ || value instanceof WeakMap_ || value instanceof WeakSet || value instanceof WeakRef_) refuseClone(value);
  const copy = keep({});
  for (const name of keysOf(value)) defineProperty(copy, name, { value: clone(value[name], seen), writable: true, enumerable: true, configurable: true });
  return copy;
};
define("structuredClone", function structuredClone(value) { return clone(value, new Map_()); });

// What scripts make with Proxy cannot be told from what it looks like: so it is noted, and the membrane passes it by reference.
const ownProxies = new WeakSet(), noteProxy = uncurry(WeakSet.prototype.add), isNotedProxy = uncurry(WeakSet.prototype.has);
const isOwnProxy = (value) => isNotedProxy(ownProxies, value);
const { revocable: makeRevocable } = Proxy_;
const { revocable } = {
  revocable(target, handler) {
    const made = makeRevocable(target, handler);
    noteProxy(ownProxies, made.proxy);
    return made;
  },
};
defineProperty(Proxy_, "revocable", { value: revocable, writable: true, configurable: true });
define("Proxy", new Proxy_(Proxy_, {
  __proto__: null,
  construct(native, args) {
    const made = new native(args[0], args[1]);
    noteProxy(ownProxies, made);
    return made;
  },
}));
`;
