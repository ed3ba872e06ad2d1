/**
 * Guest code: capabilities. Those of others are callable frozen proxies, known by their position in the c-list; those that the
 * guest gives away are its own objects, known by a number.
 * @module
 */

export const CAPABILITIES: string = String.raw`
const presences = new Map_();     // position -> WeakRef of the proxy
const positions = new WeakMap_(); // proxy or own object -> position; own export number n is -(n + 1)
const exported = [undefined];     // own export number -> object; 0 is the dispatcher's own root
const farObjects = new WeakSet();
const isFar = (value) => weakHas(farObjects, value);
const weakHas = uncurry(WeakSet.prototype.has), weakAdd = uncurry(WeakSet.prototype.add);
const deref = uncurry(WeakRef.prototype.deref);

const forget = new FinalizationRegistry((position) => {
  const presence = mapGet(presences, position);
  // The position may have come again since, and have a proxy that lives.
  if (presence !== undefined && deref(presence) === undefined) {
    mapDelete(presences, position);
    host(OP.drop, position);
  }
});
const watch = uncurry(FinalizationRegistry.prototype.register);

const presenceHandler = {
  __proto__: null,
  get(_target, key) {
    if (typeof key === "symbol") return undefined;
    const known = this.methods[key];
    if (known !== undefined) return known;
    switch (key) {
      // What the language itself asks of an object must not become a message.
      case "then": case "toJSON": case "constructor": case "prototype": case "valueOf": return undefined;
      case "toString": return describeCapability;
    }
    return (this.methods[key] = makeMethod(this.position, key));
  },
  apply(_target, _this, args) {
    return callNow(this.position, "[null", null, args);
  },
};
const describeCapability = freeze(() => "[capability]");
const makeMethod = (position, key) => {
  const head = "[" + stringify(escapeText(key));
  return freeze((...args) => callNow(position, head, key, args));
};

const makeBareFunction = () => {
  const target = () => {};
  delete target.name;
  delete target.length;
  return freeze(setPrototypeOf(target, null));
};

// Numbers out of JSON may be held as floats; the host reads integers.
const capabilityOf = (number) => {
  const position = number | 0;
  if (position === 0) throw new TypeError_("malformed message: no such capability");
  if (position < 0) {
    const own = exported[-(position + 1)];
    if (own === undefined) throw new TypeError_("malformed message: no such capability");
    return own;
  }
  const known = mapGet(presences, position);
  const living = known === undefined ? undefined : deref(known);
  if (living !== undefined) return living;
  const handler = { __proto__: presenceHandler, position, methods: { __proto__: null } };
  const presence = new Proxy_(makeBareFunction(), handler);
  mapSet(presences, position, new WeakRef_(presence));
  weakSet(positions, presence, position);
  watch(forget, presence, position);
  return presence;
};

// The position under which an object travels; undefined for what is copied.
const positionOf = (value) => {
  const known = weakGet(positions, value);
  if (known !== undefined) return known;
  if (typeof value !== "function" && !isFar(value)) return undefined;
  const number = exported.length;
  exported[number] = value;
  weakSet(positions, value, -(number + 1));
  return -(number + 1);
};

const Far = (name, methods) => {
  if (typeof methods !== "object" && typeof methods !== "function" || methods === null) throw new TypeError_("Far(name, object): expected an object with methods");
  if (getPrototypeOf(methods) === objectProto && typeof methods === "object") {
    defineProperty(methods, Symbol.toStringTag, { value: String_(name), configurable: true });
  }
  weakAdd(farObjects, methods);
  return freeze(methods);
};

// A host call whose last arguments are a message: its text, then the positions of its capabilities.
const post = (op, a, value, stacks) => {
  // What most answers are needs no encoding.
  if (typeof value === "number" && value - value === 0 && value !== 0) return host(op, a, value + "");
  if (value === undefined) return host(op, a, "\"#undefined\"");
  const caps = [];
  const text = stringify(toJson(value, caps, stacks, 0));
  return caps.length === 0 ? host(op, a, text) : apply(host, undefined, [op, a, text, ...caps]);
};

// Views of the mailbox by size class.
const views = [];
for (let size = CLASS_BYTES_MIN; size <= mailbox.length; size *= 2) views[views.length] = subarray(mailbox, 0, size);

const readText = (answer) => {
  let text = toBinary(toBase64(views[answer >> 4]));
  while (answer & 8) {
    answer = host(OP.read);
    text += toBinary(toBase64(views[answer >> 4]));
  }
  return text;
};

const failure = (code) => {
  const [name, words] = SERVICE_ERRORS[-code] ?? ["Error", "the kernel refused, code " + code];
  return makeError(name, words);
};

class Stopped extends Error_ {
  constructor(child, stop, promise) {
    super("the child stopped: " + stop.kind);
    this.stop = stop;
    defineProperty(this, "position", { value: child });
    defineProperty(this, "promise", { value: promise });
  }
}
defineProperty(Stopped.prototype, "name", { value: "Stopped", writable: true, configurable: true });

// What an answer means: its value, or an exception.
const finish = (answer) => {
  const status = answer & 7;
  if (status === 4 && answer >= 0) return answer >> 3;
  if (answer < 0) throw failure(answer);
  if (status === 5) return undefined;
  return conclude(status, parse(readText(answer)));
};
const conclude = (status, parsed) => {
  const caps = parsed[0], body = parsed[1];
  if (status === 0) return fromJson(body, caps, 0);
  if (status === 1) throw fromJson(body, caps, 0);
  if (status === 3) throw new Stopped(body.child | 0, body.stop, parsed[2] | 0);
  const error = makeError("BrokenError", body.reason);
  error.code = body.code;
  throw error;
};

// Not by spreading: the engine does that through the iterator of arrays, which the guest may have changed.
const bodyOf = (method, args) => {
  const body = [method];
  for (let i = 0; i < args.length; i++) body[i + 1] = args[i];
  return body;
};
// The engine keeps long strings in the pieces they were put together of; the host reads strings in one piece, as native functions make them.
const flatten = (text) => text.length < 256 ? text : sliceText(text, 0);

// "head" is the JSON text of the body up to its arguments: most calls have few and simple ones, for which the text is put together here.
const callNow = (position, head, method, args) => {
  let text = head;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (typeof arg === "number" && arg - arg === 0 && arg !== 0) text += "," + arg;
    else if (typeof arg === "string") text += "," + stringify(escapeText(arg));
    else if (typeof arg === "boolean") text += arg ? ",true" : ",false";
    else return finish(post(OP.call, position, bodyOf(method, args), false));
  }
  return finish(host(OP.call, position, flatten(text + "]")));
};

// What others may call on an object of this guest: functions of its own, or of its classes; never those of Object.prototype.
const invoke = (object, method, args) => {
  if (method === null) {
    if (typeof object !== "function") throw new TypeError_("this capability has methods; it is no function");
    return apply(object, undefined, args);
  }
  if (typeof method === "string" && typeof object === "object" && object !== null && method !== "constructor") {
    for (let holder = object; holder !== null && holder !== objectProto; holder = getPrototypeOf(holder)) {
      if (hasOwn(holder, method)) {
        const found = object[method];
        if (typeof found === "function") return apply(found, object, args);
        break;
      }
    }
  }
  throw new TypeError_("no method " + stringify(String_(method)));
};
`;
