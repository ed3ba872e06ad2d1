/**
 * Guest code: what the rest of the prelude is made with (captured before any guest code can change it), and the encoding of
 * passable values (docs/spec/passable.md) written for the engine's native JSON and base64.
 * @module
 */

export const VALUES: string = String.raw`
const { defineProperty, freeze, keys: keysOf, getPrototypeOf, setPrototypeOf, hasOwn, create } = Object;
const uncurry = (method) => Function.prototype.call.bind(method);
const { apply } = Reflect;
const parse = JSON.parse, stringify = JSON.stringify;
const splitText = uncurry(String.prototype.split), includesText = uncurry(String.prototype.includes);
const sliceText = uncurry(String.prototype.slice);
const toBase64 = uncurry(Uint8Array.prototype.toBase64);
const fromBase64 = Uint8Array.fromBase64.bind(Uint8Array);
const toBinary = atob;
const subarray = uncurry(Uint8Array.prototype.subarray);
const typeOfView = uncurry(Object.getOwnPropertyDescriptor(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get);
const shift = uncurry(Array.prototype.shift);
const then = uncurry(Promise.prototype.then);
const mapGet = uncurry(Map.prototype.get), mapSet = uncurry(Map.prototype.set), mapDelete = uncurry(Map.prototype.delete);
const weakGet = uncurry(WeakMap.prototype.get), weakSet = uncurry(WeakMap.prototype.set), weakDelete = uncurry(WeakMap.prototype.delete);
const objectProto = Object.prototype, isArray = Array.isArray;
const Math_ = { floor: Math.floor };
const Promise_ = Promise, Proxy_ = Proxy, WeakRef_ = WeakRef, TypeError_ = TypeError, RangeError_ = RangeError, Error_ = Error;
const String_ = String, BigInt_ = BigInt, Map_ = Map, WeakMap_ = WeakMap;
const errorMakers = { __proto__: null, Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError };

class Tagged {
  constructor(tag, payload) {
    this.tag = String_(tag);
    this.payload = payload;
    freeze(this);
  }
}

// What the model calls a symbol: a name that is no string. A symbol of the language is the same only to itself.
class Selector {
  constructor(name) {
    this.name = String_(name);
    freeze(this);
  }
}

const escapeText = (text) => text < "." && text >= "!" ? "!" + text : text;

const nameOfClass = (value) => {
  try {
    const name = value.constructor.name;
    return typeof name === "string" && name !== "" ? name : "a class";
  } catch {
    return "a class";
  }
};

// "caps" collects the positions of the capabilities in the value; "stacks" says whether errors carry theirs.
const toJson = (value, caps, stacks, depth) => {
  const type = typeof value;
  if (type === "string") return escapeText(value);
  if (type === "number") {
    if (value === 0) return 1 / value < 0 ? "#-0" : 0;
    if (value - value === 0) return value;
    return value !== value ? "#NaN" : value > 0 ? "#Infinity" : "#-Infinity";
  }
  switch (type) {
    case "boolean": return value;
    case "undefined": return "#undefined";
    case "bigint": return value < 0n ? String_(value) : "+" + value;
    case "symbol": throw new TypeError_("a symbol cannot be passed");
  }
  if (value === null) return null;
  const position = positionOf(value);
  if (position !== undefined) return slotText("$", position, caps);
  if (depth >= DEPTH_AND_SLOTS.depth) throw new RangeError_("value nested deeper than " + depth + ", or circular");
  if (isArray(value)) {
    const list = [];
    for (let i = 0, length = value.length; i < length; i++) list[i] = toJson(value[i], caps, stacks, depth + 1);
    return list;
  }
  if (typeOfView(value) === "Uint8Array") return "*" + toBase64(value);
  if (value instanceof Tagged) {
    return { __proto__: null, "#tag": value.tag, payload: toJson(value.payload, caps, stacks, depth + 1) };
  }
  if (value instanceof Selector) return "'" + value.name;
  if (value instanceof Error_) return errorToJson(value, stacks);
  if (value instanceof Promise_) return slotText("&", positionOfPromise(value), caps);
  const prototype = getPrototypeOf(value);
  if (prototype !== objectProto && prototype !== null) {
    throw new TypeError_("an instance of " + nameOfClass(value) + " cannot be passed; make it a capability with Far(name, object), or a plain object");
  }
  const struct = { __proto__: null };
  const names = keysOf(value);
  for (let i = 0; i < names.length; i++) {
    struct[escapeText(names[i])] = toJson(value[names[i]], caps, stacks, depth + 1);
  }
  return struct;
};

const slotText = (kind, position, caps) => {
  let index = 0;
  while (index < caps.length && caps[index] !== position) index++;
  if (index === DEPTH_AND_SLOTS.slots) throw new RangeError_("more than " + index + " capabilities in one message");
  caps[index] = position;
  return kind + index;
};

const errorToJson = (error, stacks) => {
  const json = { __proto__: null, "#error": String_(error.message), name: String_(error.name) };
  if (stacks) json.stack = ownStack(error.stack);
  return json;
};

// Without the frames of the prelude and of the native functions that it calls the guest by: they say nothing about the guest.
const ownStack = (stack) => {
  if (typeof stack !== "string") return "";
  const lines = splitText(stack, "\n"), own = [];
  let count = 0;
  for (let i = 0; i < lines.length; i++) {
    if (includesText(lines[i], PRELUDE_NAME)) {
      while (count > 0 && own[count - 1] === "    at apply (native)") count--;
    }
    else if (lines[i] !== "") own[count++] = lines[i];
  }
  let text = "";
  for (let i = 0; i < count; i++) text += (i === 0 ? "" : "\n") + own[i];
  return text;
};

// Only strings that sort between "!" and "." can be special: the engine compares faster than it calls.
const fromJson = (json, caps, depth) => {
  if (typeof json === "string") return json < "." && json >= "!" ? fromSpecial(json, caps) : json;
  if (typeof json !== "object" || json === null) return json;
  if (depth >= DEPTH_AND_SLOTS.depth) throw new RangeError_("message nested deeper than " + depth);
  if (isArray(json)) {
    for (let i = 0; i < json.length; i++) {
      const item = json[i];
      if (typeof item === "string" || typeof item === "object") json[i] = fromJson(item, caps, depth + 1);
    }
    return json;
  }
  if (hasOwn(json, "#tag")) return new Tagged(json["#tag"], fromJson(json.payload, caps, depth + 1));
  if (hasOwn(json, "#error")) return makeError(String_(json.name), String_(json["#error"]));
  const names = keysOf(json);
  const struct = {};
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    const value = fromJson(json[name], caps, depth + 1);
    const key = name < "." && name >= "!" ? sliceText(name, 1) : name;
    if (key === "__proto__") defineProperty(struct, key, { value, writable: true, enumerable: true, configurable: true });
    else struct[key] = value;
  }
  return struct;
};

const fromSpecial = (text, caps) => {
  switch (text[0]) {
    case "!": return sliceText(text, 1);
    case "+": return BigInt_(sliceText(text, 1));
    case "-": return BigInt_(text);
    case "*": return fromBase64(sliceText(text, 1));
    case "$": return capabilityOf(caps[sliceText(text, 1)]);
    case "&": return receivedPromise(caps[sliceText(text, 1)]);
    case "'": return new Selector(sliceText(text, 1));
    case "#":
      switch (text) {
        case "#undefined": return undefined;
        case "#NaN": return NaN;
        case "#Infinity": return Infinity;
        case "#-Infinity": return -Infinity;
        case "#-0": return -0;
      }
  }
  throw new TypeError_("malformed message");
};

// An error from outside is made anew: it brings its name and message, and nothing else.
const makeError = (name, message) => {
  const error = new (errorMakers[name] ?? Error_)(message);
  if (error.name !== name) defineProperty(error, "name", { value: name, writable: true, configurable: true });
  return error;
};
`;
