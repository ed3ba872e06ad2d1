/**
 * Guest code: values on their way through a membrane (docs/membrane.md): data by copy, everything else by reference. The engine's own
 * JSON does the work where nothing special is in a value.
 * @module
 */

export const MEMBRANE_VALUES: string = String.raw`
const { getOwnPropertyDescriptor, getOwnPropertyNames, getOwnPropertySymbols, is: sameValue } = Object;
const { ownKeys, construct, get: getOf, set: setOf, has: hasIn, deleteProperty } = Reflect;
const { for: symbolFor, keyFor: keyOfSymbol } = Symbol;
const arrayProto = Array.prototype, functionProto = Function.prototype;
const dateProto = Date.prototype, regexpProto = RegExp.prototype, mapProto = Map.prototype, setProto = Set.prototype;
const bufferProto = ArrayBuffer.prototype, viewProto = DataView.prototype, typedProto = getPrototypeOf(Uint8Array.prototype);
const Date_ = Date, RegExp_ = RegExp, Set_ = Set, DataView_ = DataView, Uint8Array_ = Uint8Array, Symbol_ = Symbol;
const getterOf = (proto, key) => uncurry(getOwnPropertyDescriptor(proto, key).get);
const timeOf = uncurry(dateProto.getTime), sourceOf = getterOf(regexpProto, "source"), flagsOf = getterOf(regexpProto, "flags");
const eachOfMap = uncurry(mapProto.forEach), eachOfSet = uncurry(setProto.forEach), setAdd = uncurry(setProto.add), mapHas = uncurry(mapProto.has);
const bytesOfBuffer = getterOf(bufferProto, "byteLength");
const bufferOfTyped = getterOf(typedProto, "buffer"), offsetOfTyped = getterOf(typedProto, "byteOffset"), bytesOfTyped = getterOf(typedProto, "byteLength");
const bufferOfView = getterOf(viewProto, "buffer"), offsetOfView = getterOf(viewProto, "byteOffset"), bytesOfView = getterOf(viewProto, "byteLength");
const viewMakers = { __proto__: null, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array };
const lookupGetter = uncurry(objectProto.__lookupGetter__), lookupSetter = uncurry(objectProto.__lookupSetter__);
const weakMapHas = uncurry(WeakMap.prototype.has);

const symbolNames = new Map_(), namedSymbols = { __proto__: null };
for (const name of KNOWN_SYMBOLS) if (typeof Symbol[name] === "symbol") { symbolNames.set(Symbol[name], name); namedSymbols[name] = Symbol[name]; }
const shownSymbols = { __proto__: null };
for (const name of SHOWN_SYMBOLS) shownSymbols[name] = true;
const intrinsicProtos = { __proto__: null }, intrinsicNames = new Map_();
for (const name of INTRINSICS) if (typeof globalThis[name] === "function") { intrinsicProtos[name] = globalThis[name].prototype; intrinsicNames.set(globalThis[name].prototype, name); }

// Proxies of what others export, and copies of their errors -> the record of the reference.
const remotes = new WeakMap_();

class CannotCross extends TypeError_ {
  constructor(what, path = "") {
    super((path === "" ? "" : path + ": ") + what + " cannot cross");
    defineProperty(this, "what", { value: what });
    defineProperty(this, "path", { value: path });
  }
}

const brandedAs = (reader, value) => {
  try { reader(value); return true; } catch { return false; }
};

const PLAIN = 0, SPECIAL = 1, REFERENCE = 2;
// What a value is to the membrane. "seen" gets the objects that are copied, with how often they were met: once, or more.
const survey = (value, seen, depth) => {
  switch (typeof value) {
    case "string": case "boolean": return PLAIN;
    case "number": return value - value === 0 && (value !== 0 || 1 / value > 0) ? PLAIN : SPECIAL;
    case "undefined": case "bigint": return SPECIAL;
    case "symbol": 
      if (mapGet(symbolNames, value) === undefined && keyOfSymbol(value) === undefined) throw new CannotCross("a symbol of its own");
      return SPECIAL;
    case "function": return REFERENCE;
  }
  if (value === null) return PLAIN;
  if (isOwnProxy(value)) return REFERENCE;
  if (mapHas(seen, value)) { mapSet(seen, value, 2); return SPECIAL; }
  if (depth >= LINK_DEPTH_MAX) throw new CannotCross("a value nested deeper than " + depth);
  if (isArray(value)) return getPrototypeOf(value) === arrayProto && !weakMapHas(remotes, value) ? surveyArray(value, seen, depth) : REFERENCE;
  const prototype = getPrototypeOf(value);
  if ((prototype === objectProto || prototype === null) && !weakMapHas(remotes, value)) return surveyStruct(value, prototype, seen, depth);
  return surveyOther(value, prototype, seen, depth);
};
const surveyArray = (value, seen, depth) => {
  mapSet(seen, value, 1);
  const length = value.length;
  if (keysOf(value).length !== length) return surveyEntries(value, keysOf(value), SPECIAL, seen, depth);
  let kind = PLAIN;
  for (let i = 0; i < length; i++) {
    const item = value[i];
    if (typeof item === "string") continue;
    const found = survey(item, seen, depth + 1);
    if (found > kind) { if (found === REFERENCE) return found; kind = found; }
  }
  return kind;
};
// Prototypes of classes look like structs, but for this.
const isPrototypeLike = (value) => hasOwn(value, "constructor") && !getOwnPropertyDescriptor(value, "constructor").enumerable;
const surveyStruct = (value, prototype, seen, depth) => {
  if (getOwnPropertySymbols(value).length > 0 || isPrototypeLike(value)) return REFERENCE;
  mapSet(seen, value, 1);
  return surveyEntries(value, keysOf(value), prototype === null ? SPECIAL : PLAIN, seen, depth);
};
const surveyEntries = (value, names, start, seen, depth) => {
  let kind = start;
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    // Unlike descriptors these make no object: two thirds of what it took.
    if (lookupGetter(value, name) !== undefined) return REFERENCE;
    const item = value[name];
    if (typeof item === "string") continue;
    if (item === undefined && lookupSetter(value, name) !== undefined) return REFERENCE;
    const found = survey(item, seen, depth + 1);
    if (found > kind) { if (found === REFERENCE) return found; kind = found; }
  }
  return kind;
};
const surveyOther = (value, prototype, seen, depth) => {
  if (value instanceof Error_) { mapSet(seen, value, 1); return SPECIAL; }
  if (weakMapHas(remotes, value)) return REFERENCE;
  let data = false;
  switch (prototype) {
    case dateProto: data = brandedAs(timeOf, value); break;
    case regexpProto: data = brandedAs(flagsOf, value); break;
    case bufferProto: data = brandedAs(bytesOfBuffer, value); break;
    case viewProto: data = brandedAs(bytesOfView, value); break;
    case mapProto: case setProto: return surveyMembers(value, prototype === mapProto, seen, depth);
    default: data = typeOfView(value) !== undefined;
  }
  if (data) mapSet(seen, value, 1);
  return data ? SPECIAL : REFERENCE;
};
const surveyMembers = (value, isMap, seen, depth) => {
  mapSet(seen, value, 1);
  let kind = SPECIAL;
  const look = (item) => { if (kind !== REFERENCE && survey(item, seen, depth + 1) === REFERENCE) kind = REFERENCE; };
  try {
    if (isMap) eachOfMap(value, (item, key) => { look(key); look(item); });
    else eachOfSet(value, look);
  } catch (error) {
    if (error instanceof CannotCross) throw error;
    return REFERENCE;
  }
  return kind;
};

// Where in a list of values it is that cannot cross: found out only when one could not.
const pathOfFailure = (value, path, seen) => {
  if (typeof value === "symbol" && mapGet(symbolNames, value) === undefined && keyOfSymbol(value) === undefined) return path;
  if (typeof value !== "object" || value === null || mapHas(seen, value) || weakMapHas(remotes, value) || isOwnProxy(value)) return undefined;
  mapSet(seen, value, 1);
  const names = keysOf(value), list = isArray(value);
  for (let i = 0; i < names.length; i++) {
    const property = getOwnPropertyDescriptor(value, names[i]);
    const step = list ? "[" + names[i] + "]" : "." + names[i];
    const found = property === undefined || !hasOwn(property, "value") ? undefined : pathOfFailure(property.value, path + step, seen);
    if (found !== undefined) return found;
  }
  return undefined;
};

// Values in the form of the protocol: "mode,[…]". The path of a value that cannot cross begins with its name.
const encodeList = (link, values, nameOf) => {
  const seen = new Map_(), kinds = [];
  let mode = objectProto.toJSON === undefined && arrayProto.toJSON === undefined ? PLAIN : SPECIAL;
  for (let i = 0; i < values.length; i++) {
    try {
      kinds[i] = survey(values[i], seen, 0);
    } catch (error) {
      if (!(error instanceof CannotCross)) throw error;
      throw new CannotCross(error.what, pathOfFailure(values[i], nameOf(i), new Map_()) ?? nameOf(i));
    }
    if (kinds[i] !== PLAIN) mode = SPECIAL;
  }
  if (mode === PLAIN) return "0," + stringify(values);
  const encoder = { __proto__: null, link, seen, shares: new Map_(), shared: 0 }, list = setPrototypeOf([], null);
  for (let i = 0; i < values.length; i++) list[i] = kinds[i] === REFERENCE ? referenceTo(link, values[i]) : encodeData(values[i], encoder);
  return "1," + stringify(list);
};

const encodeData = (value, encoder) => {
  switch (typeof value) {
    case "string": return escapeText(value);
    case "number":
      if (value === 0) return 1 / value < 0 ? "#-0" : 0;
      return value - value === 0 ? value : value !== value ? "#NaN" : value > 0 ? "#Infinity" : "#-Infinity";
    case "boolean": return value;
    case "undefined": return "#undefined";
    case "bigint": return value < 0n ? String_(value) : "+" + value;
    case "symbol": {
      const name = mapGet(symbolNames, value);
      return name !== undefined ? "%" + name : "%:" + keyOfSymbol(value);
    }
    case "function": return referenceTo(encoder.link, value);
  }
  if (value === null) return null;
  const times = mapGet(encoder.seen, value);
  if (times === undefined) return referenceTo(encoder.link, value);
  if (times === 1) return encodeObject(value, encoder);
  const known = mapGet(encoder.shares, value);
  if (known !== undefined) return "&" + known;
  const index = encoder.shared++;
  mapSet(encoder.shares, value, index);
  return { __proto__: null, "#": "share", i: index, v: encodeObject(value, encoder) };
};

const encodeObject = (value, encoder) => {
  if (isArray(value)) return encodeArray(value, encoder);
  if (value instanceof Error_) return encodeError(value, encoder);
  const prototype = getPrototypeOf(value);
  switch (prototype) {
    case objectProto: return encodeStruct(value, encoder);
    case null: return { __proto__: null, "#": "bare", v: encodeStruct(value, encoder) };
    case dateProto: { const time = timeOf(value); return { __proto__: null, "#": "date", v: time === time ? time : null }; }
    case regexpProto: return { __proto__: null, "#": "regexp", s: sourceOf(value), f: flagsOf(value), l: value.lastIndex };
    case bufferProto: return { __proto__: null, "#": "bytes", t: "ArrayBuffer", v: toBase64(new Uint8Array_(value)) };
    case viewProto: return { __proto__: null, "#": "bytes", t: "DataView", v: toBase64(new Uint8Array_(bufferOfView(value), offsetOfView(value), bytesOfView(value))) };
    case mapProto: case setProto: {
      const list = setPrototypeOf([], null);
      let count = 0;
      if (prototype === mapProto) eachOfMap(value, (item, key) => { list[count++] = encodeData(key, encoder); list[count++] = encodeData(item, encoder); });
      else eachOfSet(value, (item) => { list[count++] = encodeData(item, encoder); });
      return { __proto__: null, "#": prototype === mapProto ? "map" : "set", v: list };
    }
  }
  const type = typeOfView(value);
  if (viewMakers[type] === undefined) return referenceTo(encoder.link, value);
  return { __proto__: null, "#": "bytes", t: type, v: toBase64(new Uint8Array_(bufferOfTyped(value), offsetOfTyped(value), bytesOfTyped(value))) };
};
const encodeArray = (value, encoder) => {
  const length = value.length, names = keysOf(value), list = setPrototypeOf([], null);
  if (names.length === length) {
    for (let i = 0; i < length; i++) list[i] = encodeData(value[i], encoder);
    return list;
  }
  for (let i = 0; i < names.length; i++) { list[2 * i] = names[i]; list[2 * i + 1] = encodeData(value[names[i]], encoder); }
  return { __proto__: null, "#": "array", n: length, v: list };
};
const encodeStruct = (value, encoder) => {
  const struct = { __proto__: null }, names = keysOf(value);
  for (let i = 0; i < names.length; i++) struct[escapeText(names[i])] = encodeData(value[names[i]], encoder);
  return struct;
};
// Of an importer's error nothing crosses but what it says. A library's brings its own stack, its data and its class.
const encodeError = (error, { link }) => {
  const reference = referenceTo(link, error, "e");
  if (reference[0] === "'") return reference;
  const text = (key, fallback) => { try { return String_(error[key]); } catch { return fallback; } };
  const json = { __proto__: null, "#": "error", r: reference, n: text("name", "Error"), m: text("message", "") };
  if (link.guarded) return json;
  json.s = ownStack(error.stack);
  const prototype = getPrototypeOf(error), known = mapGet(intrinsicNames, prototype);
  if (known !== undefined) json.c = known;
  else json.o = referenceTo(link, prototype);
  // Also what a class keeps out of enumerations, as its list of issues.
  const more = setPrototypeOf([], null), names = getOwnPropertyNames(error);
  let count = 0;
  for (let i = 0; i < names.length; i++) {
    const property = getOwnPropertyDescriptor(error, names[i]);
    if (names[i] === "stack" || names[i] === "message" || names[i] === "name" || property === undefined || !hasOwn(property, "value")) continue;
    try {
      const text = encodeList(link, [property.value], () => "");
      more[count++] = names[i];
      more[count++] = text;
    } catch (failure) {
      if (!(failure instanceof CannotCross)) throw failure;
    }
  }
  if (count > 0) json.p = more;
  return json;
};

const decodeList = (link, list) => {
  const shares = { __proto__: null };
  for (let i = 0; i < list.length; i++) list[i] = decodeData(list[i], link, shares);
  return list;
};
const decodeData = (json, link, shares) => {
  if (typeof json === "string") return json < "." && json >= "!" ? decodeText(json, link, shares) : json;
  return typeof json === "object" && json !== null ? decodeObject(json, link, shares, -1) : json;
};
const decodeText = (text, link, shares) => {
  const rest = sliceText(text, 1);
  switch (text[0]) {
    case "!": return rest;
    case "+": return BigInt_(rest);
    case "-": return BigInt_(text);
    case "%": return rest[0] === ":" ? symbolFor(sliceText(rest, 1)) : namedSymbols[rest];
    case "&": return shares[rest];
    case "'": return homeOf(link, rest | 0);
    case "$": return remoteOf(link, rest);
  }
  return fromSpecial(text, []);
};
const decodeObject = (json, link, shares, index) => {
  const keep = (value) => { if (index >= 0) shares[index] = value; return value; };
  if (isArray(json)) {
    keep(json);
    for (let i = 0; i < json.length; i++) json[i] = decodeData(json[i], link, shares);
    return json;
  }
  if (!hasOwn(json, "#")) return decodeStruct(json, keep({}), link, shares);
  const v = json.v;
  switch (json["#"]) {
    case "share": return decodeObject(v, link, shares, json.i);
    case "bare": return decodeStruct(v, keep({ __proto__: null }), link, shares);
    case "array": {
      const list = keep([]);
      list.length = json.n;
      for (let i = 0; i < v.length; i += 2) define_(list, v[i], decodeData(v[i + 1], link, shares));
      return list;
    }
    case "date": return keep(new Date_(v === null ? NaN : v));
    case "regexp": { const made = keep(new RegExp_(json.s, json.f)); made.lastIndex = json.l; return made; }
    case "map": { const map = keep(new Map_()); for (let i = 0; i < v.length; i += 2) mapSet(map, decodeData(v[i], link, shares), decodeData(v[i + 1], link, shares)); return map; }
    case "set": { const set = keep(new Set_()); for (let i = 0; i < v.length; i++) setAdd(set, decodeData(v[i], link, shares)); return set; }
    case "bytes": {
      const buffer = bufferOfTyped(fromBase64(v));
      return keep(json.t === "ArrayBuffer" ? buffer : json.t === "DataView" ? new DataView_(buffer) : new viewMakers[json.t](buffer));
    }
    case "error": return keep(decodeError(json, link));
  }
  throw new TypeError_("malformed value");
};
const define_ = (object, key, value) => defineProperty(object, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
const decodeStruct = (json, struct, link, shares) => {
  const names = keysOf(json);
  for (let i = 0; i < names.length; i++) {
    const name = names[i], value = decodeData(json[name], link, shares);
    const key = name < "." && name >= "!" ? sliceText(name, 1) : name;
    if (key === "__proto__") define_(struct, key, value);
    else struct[key] = value;
  }
  return struct;
};
const decodeError = (json, link) => {
  const number = json.r;
  const id = sliceText(number, 1, -1) | 0;
  const known = liveRemote(link, id);
  if (known !== undefined) return known;
  const error = makeError(String_(json.n), String_(json.m));
  adopt(link, id, "e", error);
  if (json.o !== undefined) setPrototypeOf(error, decodeText(json.o, link, {}));
  if (json.s !== undefined && json.s !== "") defineProperty(error, "stack", { __proto__: null, value: json.s + "\n" + ownStack(error.stack), writable: true, configurable: true });
  const more = json.p;
  if (more !== undefined) for (let i = 0; i < more.length; i += 2) {
    const parsed = parse("[" + more[i + 1] + "]");
    define_(error, more[i], parsed[0] === PLAIN ? parsed[1][0] : decodeList(link, parsed[1])[0]);
  }
  return error;
};
`;
