/**
 * Guest code: the two ends of a membrane. Every process has an end towards its importer, and one towards each library that it
 * imports itself. An end has a table of what it exports, and knows the proxies of what it imports.
 * @module
 */

export const MEMBRANE: string = String.raw`
// "guarded": what this end exports is an importer's. "post(request)" gives the answer; "later(request)" the promise of it.
const makeLink = (guarded, post, later) => ({
  __proto__: null, guarded, post, later,
  exports: new Map_(), ids: new WeakMap_(), count: 0,
  proxies: new Map_(), releases: [], waits: false, isDirect: false,
});

const kindOfReference = (value) => {
  if (typeof value === "function") {
    try { construct(Object_, [], value); return "c"; } catch { return "f"; }
  }
  if (isArray(value)) return getPrototypeOf(value) === arrayProto ? "a" : "s";
  return value instanceof Promise_ ? "p" : "o";
};
const Object_ = Object;
// Of an importer's own proxies a library gets nothing else: no trap runs.
const opaqueKind = (value) => typeof value === "function" ? "c" : "o";

// How a reference is written: to what the other side exports, or to what this side does.
const referenceTo = (link, value, kind = link.guarded && isOwnProxy(value) ? opaqueKind(value) : kindOfReference(value)) => {
  const remote = weakGet(remotes, value);
  if (remote !== undefined && remote.link === link) return "'" + remote.id;
  let record = weakGet(link.ids, value);
  if (record === undefined) {
    record = { __proto__: null, id: ++link.count, value, sent: 0, kind, numbers: [] };
    weakSet(link.ids, value, record);
    mapSet(link.exports, record.id, record);
  }
  record.sent++;
  return "$" + record.id + record.kind;
};
const recordOf = (link, id) => {
  const record = mapGet(link.exports, id);
  if (record === undefined) throw new TypeError_("malformed value: no such reference");
  return record;
};
const homeOf = (link, id) => recordOf(link, id).value;

const liveRemote = (link, id) => {
  const known = mapGet(link.proxies, id);
  const living = known === undefined ? undefined : deref(known.weak);
  if (living !== undefined) known.count++;
  return living;
};
const forgetRemote = new FinalizationRegistry((known) => {
  const { link, id, count } = known;
  if (mapGet(link.proxies, id) === known) mapDelete(link.proxies, id);
  const { releases } = link;
  releases[releases.length] = id;
  releases[releases.length] = count;
  if (releases.length >= 2 * RELEASES_HELD_MAX) {
    try { link.later("[" + "\"link\"," + LINK_OP.release + ",0,0,[]" + takeReleases(link) + "]"); } catch { /* The other side is gone. */ }
  }
});
const adopt = (link, id, kind, value) => {
  const known = { __proto__: null, link, id, count: 1, weak: new WeakRef_(value) };
  mapSet(link.proxies, id, known);
  weakSet(remotes, value, { __proto__: null, link, id, kind });
  watch(forgetRemote, value, known);
  return value;
};
const remoteOf = (link, number) => {
  const kind = number[number.length - 1], id = sliceText(number, 0, -1) | 0;
  const known = liveRemote(link, id);
  if (known !== undefined) return known;
  if (kind !== "p") return adopt(link, id, kind, makeProxy(link, id, kind));
  const request = requestText(link, LINK_OP.await, id, [], () => "");
  return adopt(link, id, kind, then(link.later(request), (answer) => concludeLink(link, answer)[0]));
};

const takeReleases = (link) => {
  if (link.releases.length === 0) return "";
  const text = "," + stringify(link.releases);
  link.releases = [];
  return text;
};
const dropReleased = (link, releases) => {
  for (let i = 0; i + 1 < releases.length; i += 2) {
    const record = mapGet(link.exports, releases[i]);
    if (record === undefined) continue;
    record.sent -= releases[i + 1];
    if (record.sent <= 0) {
      mapDelete(link.exports, record.id);
      for (let i = 0; i < record.numbers.length; i++) unregisterFunction(record.numbers[i]);
      weakDelete(link.ids, record.value);
    }
  }
};

const nameOfArgument = (i) => "arguments[" + i + "]";
const nameOfReceiver = (i) => i === 0 ? "this" : "arguments[" + (i - 1) + "]";
const requestText = (link, op, id, values, nameOf) =>
  "[\"link\"," + op + "," + id + "," + encodeList(link, values, nameOf) + takeReleases(link) + "]";
const ask_link = (link, op, id, values) =>
  concludeLink(link, link.post(flatten(requestText(link, op, id, values, (op & 31) === LINK_OP.apply ? nameOfReceiver : nameOfArgument))));
const concludeLink = (link, answer) => {
  const status = answer[0];
  if (status === LINK_STATUS.cannotCross) throw new CannotCross(String_(answer[2][1]), String_(answer[2][0]));
  const values = answer[1] === PLAIN ? answer[2] : decodeList(link, answer[2]);
  if (answer[3] !== undefined) dropReleased(link, answer[3]);
  if (status === LINK_STATUS.thrown) throw values[0];
  return values;
};

const answerText = (link, status, values) => {
  let text;
  try {
    text = encodeList(link, values, () => "the result");
  } catch (error) {
    if (!(error instanceof CannotCross)) throw error;
    status = LINK_STATUS.cannotCross;
    text = "0," + stringify([error.path, error.what]);
  }
  return flatten("[" + status + "," + text + takeReleases(link) + "]");
};
const answerSafely = (link, status, values) => {
  try {
    return answerText(link, status, values);
  } catch (error) {
    return answerText(link, LINK_STATUS.thrown, [error instanceof Error_ ? error : new Error_("the result cannot be passed")]);
  }
};
const answerLink = (link, resolver, status, values) => {
  if (resolver === 0) return;
  const text = answerSafely(link, status, values);
  if (host(OP.answer, resolver, text) < 0) host(OP.answer, resolver, "[" + LINK_STATUS.cannotCross + ",0,[\"the result\",\"a value of so many bytes\"]]");
};

// Ends of membranes towards libraries -> their capability is what the library calls.
const links = new WeakMap_();

// What the other side asks.
const receiveLink = (link, resolver, request) => {
  const op = request[1], values = request[4];
  try {
    const list = request[3] === PLAIN ? values : decodeList(link, values);
    const record = request[2] === 0 ? undefined : recordOf(link, request[2]);
    if (request[5] !== undefined) dropReleased(link, request[5]);
    if (op === LINK_OP.await) {
      if (record.kind !== "p") throw new TypeError_("malformed request");
      then(record.value, (value) => answerLink(link, resolver, LINK_STATUS.returned, [value]), (reason) => answerLink(link, resolver, LINK_STATUS.thrown, [reason]));
      return;
    }
    answerLink(link, resolver, LINK_STATUS.returned, operate(link, op, record, list));
  } catch (error) {
    answerLink(link, resolver, LINK_STATUS.thrown, [error]);
  }
};
// The same for a host that calls directly.
const serveText = (text) => {
  const request = parse(text), link = upward;
  try {
    const list = request[3] === PLAIN ? request[4] : decodeList(link, request[4]);
    const record = request[2] === 0 ? undefined : recordOf(link, request[2]);
    if (request[5] !== undefined) dropReleased(link, request[5]);
    return answerSafely(link, LINK_STATUS.returned, operate(link, request[1], record, list));
  } catch (error) {
    return answerSafely(link, LINK_STATUS.thrown, [error]);
  }
};
const beDirect = () => {
  if (upward.isDirect) return;
  upward.isDirect = true;
  upward.post = askHost;
  setConverters((value) => answerSafely(upward, LINK_STATUS.returned, [value]), (error) => answerSafely(upward, LINK_STATUS.thrown, [error]));
  setReaders(parse, readPlainText);
};
const operate = (link, op, record, values) => {
  if (record === undefined) return op === LINK_OP.namespace ? namespaceValues(values[0] === true) : [];
  if (record.kind === "e") throw new TypeError_("malformed request");
  const target = record.value;
  switch (op) {
    case LINK_OP.call: return [apply(target, undefined, values)];
    case LINK_OP.apply: return [apply(target, shift(values), values)];
    case LINK_OP.call | LINK_WAITING: case LINK_OP.apply | LINK_WAITING: {
      const before = link.waits;
      link.waits = true;
      try {
        return [apply(target, (op & 31) === LINK_OP.apply ? shift(values) : undefined, values)];
      } finally {
        link.waits = before;
      }
    }
    case LINK_OP.construct: return [construct(target, values)];
    case LINK_OP.direct: return [directNumber(link, record, values)];
  }
  return link.guarded ? operateGuarded(op, target, values[0], values[1]) : operateOpen(op, target, values);
};
const operateOpen = (op, target, values) => {
  const key = values[0];
  switch (op) {
    case LINK_OP.get: return [values.length > 1 ? getOf(target, key, values[1]) : target[key]];
    case LINK_OP.set: return [setOf(target, key, values[1])];
    case LINK_OP.has: return [hasIn(target, key)];
    case LINK_OP.remove: return [deleteProperty(target, key)];
    case LINK_OP.keys: return crossingKeys(ownKeys(target), crossable);
    case LINK_OP.descriptor: return descriptorValues(getOwnPropertyDescriptor(target, key));
    case LINK_OP.prototype: {
      const prototype = getPrototypeOf(target), name = mapGet(intrinsicNames, prototype);
      return name === undefined ? [undefined, prototype] : [name];
    }
    case LINK_OP.define: return [defineFromValues(target, key, values)];
  }
  throw new TypeError_("malformed request");
};
const crossingKeys = (keys, crosses) => {
  const list = [];
  for (let i = 0; i < keys.length; i++) if (crosses(keys[i])) list[list.length] = keys[i];
  return list;
};
const flagsOfDescriptor = (property) => (property.writable ? DF.writable : 0) | (property.enumerable ? DF.enumerable : 0) | (property.configurable ? DF.configurable : 0);
const descriptorValues = (property) => {
  if (property === undefined) return [];
  if (hasOwn(property, "value")) return [flagsOfDescriptor(property), property.value];
  return [(property.enumerable ? DF.enumerable : 0) | (property.configurable ? DF.configurable : 0) | DF.accessor, property.get, property.set];
};
const defineFromValues = (target, key, values) => {
  const flags = values[1], enumerable = (flags & DF.enumerable) !== 0, configurable = (flags & DF.configurable) !== 0;
  return Reflect_defineProperty(target, key, flags & DF.accessor
    ? { __proto__: null, get: values[2], set: values[3], enumerable, configurable }
    : { __proto__: null, value: values[2], writable: (flags & DF.writable) !== 0, enumerable, configurable });
};
const Reflect_defineProperty = Reflect.defineProperty;

// What a library may see and do with an importer's object.
const holderOf = (target, key) => {
  if (isOwnProxy(target)) return undefined;
  if (typeof key === "symbol" ? !shown(key) : key === "__proto__") return undefined;
  const isFunction = typeof target === "function";
  if (isFunction && (key === "prototype" || key === "caller" || key === "arguments")) return undefined;
  for (let holder = target; holder !== null && holder !== objectProto && holder !== functionProto && holder !== arrayProto; holder = getPrototypeOf(holder)) {
    const property = getOwnPropertyDescriptor(holder, key);
    if (property !== undefined) return key !== "constructor" || holder === target && property.enumerable ? property : undefined;
  }
  return undefined;
};
const operateGuarded = (op, target, key, value) => {
  switch (op) {
    case LINK_OP.get: return holderOf(target, key) === undefined ? [] : [target[key]];
    case LINK_OP.has: return [holderOf(target, key) !== undefined];
    case LINK_OP.set: {
      const property = holderOf(target, key);
      return [property !== undefined && typeof property.set === "function" && setOf(target, key, value)];
    }
    case LINK_OP.keys: return isOwnProxy(target) ? [] : crossingKeys(ownKeys(target), (own) => holderOf(target, own) !== undefined);
    case LINK_OP.descriptor: {
      const property = !isOwnProxy(target) && hasOwn(target, key) ? holderOf(target, key) : undefined;
      if (property === undefined) return [];
      if (hasOwn(property, "value")) return [flagsOfDescriptor(property), property.value];
      // A getter runs when it is asked for its value, with its own object.
      return [(property.enumerable ? DF.enumerable : 0) | DF.accessor | DF.configurable, () => target[key], property.set && ((given) => { target[key] = given; })];
    }
  }
  throw new TypeError_("malformed request");
};

// 0 where there are as many as there may be.
const directNumber = (link, record, values) => {
  const { value } = record;
  if (!link.isDirect || typeof value !== "function") return 0;
  const own = values.length > 0 ? weakGet(link.ids, values[0]) : undefined;
  if (values.length > 0 && own === undefined) return 0;
  try {
    const receiver = values[0];
    const number = registerFunction(own === undefined ? value : (...args) => apply(value, receiver, args));
    // It is given up together with whichever of the two is.
    record.numbers[record.numbers.length] = number;
    if (own !== undefined) own.numbers[own.numbers.length] = number;
    return number;
  } catch {
    return 0;
  }
};
let serveNumber = 0;
const namespaceValues = (isHost) => {
  if (isHost) {
    beDirect();
    if (serveNumber === 0) serveNumber = registerFunction(serveText);
  }
  const names = keysOf(entryExports), values = [serveNumber];
  let count = 1;
  for (let i = 0; i < names.length; i++) {
    const value = entryExports[names[i]];
    // One export that cannot cross must not take the others with it.
    if (!canCross(value)) continue;
    values[count++] = names[i];
    values[count++] = value;
  }
  return values;
};
const canCross = (value) => {
  try { survey(value, new Map_(), 0); return true; } catch (error) {
    if (error instanceof CannotCross) return false;
    throw error;
  }
};

// The end towards the importer: what this process exports is open to it.
let importerPosition = 0;
const importer = () => {
  if (importerPosition === 0) {
    importerPosition = host(OP.find, stringify(IMPORTER_ENDOWMENT));
    if (importerPosition <= 0) { importerPosition = 0; throw new TypeError_("this process was not imported as a library"); }
  }
  return importerPosition;
};
const upward = makeLink(false,
  (text) => linkAnswer(host(OP.callOpen, importer(), text)),
  (text) => sendLink(importer(), text));

// An answer of the other side, as the array that it is.
const linkAnswer = (answer) => {
  if (answer < 0) throw failure(answer);
  const status = answer & 7;
  const parsed = status === 4 || status === 5 ? undefined : parse(readText(answer));
  return arrayOfAnswer(status, parsed);
};
const arrayOfAnswer = (status, parsed) => {
  if (status === 0 && isArray(parsed[1])) return parsed[1];
  if (parsed === undefined || status === 0) throw new TypeError_("malformed answer");
  return conclude(status, parsed);
};
const sendLink = (position, text) => {
  const promise = host(OP.send, position, text);
  return promise < 0 ? Promise_.reject(failure(promise)) : listenLink(promise);
};
const listenLink = (promise) => {
  const { promise: later, resolve, reject } = Promise_.withResolvers();
  const code = host(OP.listen, promise);
  if (code < 0) reject(failure(code));
  else mapSet(waiting, promise, { __proto__: null, resolve, reject, raw: true });
  return later;
};
`;
