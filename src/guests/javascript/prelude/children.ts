/**
 * Guest code: the global `caper`: what a process can ask about itself, and its children.
 * @module
 */

export const CHILDREN: string = `
const PAGE_BYTES = 65536;
const ask = (op, ...args) => finish(apply(host, undefined, [op, ...args]));
const checked = (result) => { if (result < 0) throw failure(result); return result; };
const whole = (value, name) => {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError_(name + ": expected a whole number, got " + String_(value));
  return value;
};
const meterOf = (child) => {
  const reading = ask(OP.meter, child);
  return freeze({ gas: reading.gasLeft, gasUsed: reading.gasUsed, memoryBytes: (reading.pagesMax - reading.pagesUsed - reading.pagesLent) * PAGE_BYTES, memoryBytesUsed: reading.pagesUsed * PAGE_BYTES });
};

const imagePositions = new WeakMap_(), childrenByPosition = new Map_();

// Waits in place for the answer of a child. When a child stops meanwhile, its keeper decides whether to go on; that another
// child stopped is no reason to end this wait.
const waitFor = (answer, position) => {
  for (;;) {
    try {
      return finish(answer);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      if (!keep(error) && error.position === position) throw error;
      answer = host(OP.wait, error.promise);
    }
  }
};
const keep = (error) => {
  const child = mapGet(childrenByPosition, error.position);
  const keeper = child?.keeper;
  if (typeof keeper !== "function") return false;
  const action = keeper(error.stop, child.face);
  if (typeof action !== "object" || action === null) return false;
  child.face.refill(action);
  child.face.resume(action.refuse === true);
  return true;
};

const makeChild = (position, keeper) => {
  let gone = false;
  // A position that was given up may stand for something else by now.
  const at = () => { if (gone) throw failure(-1); return position; };
  const giveUp = (op) => {
    const result = checked(host(op, at()));
    gone = true;
    mapDelete(childrenByPosition, position);
    return result;
  };
  const face = {
    call: (name, ...args) => tell(at(), ["call", name, ...args]),
    send: (name, ...args) => later(at(), ["call", name, ...args]),
    eval: (source, name = "script.js") => tell(at(), ["eval", String_(name), String_(source)]),
    import: (entry, modules) => tell(at(), ["import", String_(entry), modules]),
    set: (values) => tell(at(), ["set", values]),
    refill: ({ gas = 0, memoryBytes = 0 }) => { checked(host(OP.refill, at(), stringify({ gas: whole(gas, "gas"), pages: Math.floor(whole(memoryBytes, "memoryBytes") / PAGE_BYTES) }))); },
    resume: (refuse = false) => { checked(host(OP.resume, at(), refuse ? 1 : 0)); },
    meter: () => meterOf(at()),
    stop: () => ask(OP.stopOf, at()),
    inspect: () => ask(OP.inspect, at()),
    freeze: () => {
      const image = freeze({ __proto__: null, [Symbol.toStringTag]: "image" });
      weakSet(imagePositions, image, giveUp(OP.freeze));
      return image;
    },
    discard: () => { giveUp(OP.drop); },
  };
  mapSet(childrenByPosition, position, { face, keeper });
  return freeze(face);
};
const tell = (position, body) => waitFor(post(OP.callChild, position, body, false), position);
const later = (position, body) => {
  const promise = post(OP.send, position, body, false);
  return promise < 0 ? Promise_.reject(failure(promise)) : promiseOf(promise);
};

const endow = (powers) => {
  const names = keysOf(powers), caps = [];
  for (const name of names) {
    const value = powers[name];
    const position = typeof value === "function" || typeof value === "object" && value !== null ? positionOf(value) : undefined;
    if (position === undefined) throw new TypeError_("powers." + name + ": expected a capability, a function or a Far object");
    caps.push(position);
  }
  return [names, caps];
};
const startAt = (source, { gas, memoryBytes, powers = {} } = {}) => {
  const [names, caps] = endow(powers);
  const request = stringify({ source, gas: whole(gas, "gas"), pages: Math.floor(whole(memoryBytes, "memoryBytes") / PAGE_BYTES), names });
  return checked(apply(host, undefined, [OP.spawn, request, ...caps]));
};
const start = (source, options) => makeChild(startAt(source, options), options?.keeper);
const spawn = (source, options) => {
  const child = start(0, options);
  const { name = "script.js", modules, keeper, powers = {} } = options;
  if (keysOf(powers).length > 0) child.set(powers);
  if (modules !== undefined) child.import(String_(source), modules);
  else if (source !== undefined) child.eval(source, name);
  return child;
};
const thaw = (image, options) => {
  const position = weakGet(imagePositions, image);
  if (position === undefined) throw new TypeError_("caper.thaw(image, …): expected an image from child.freeze()");
  return start(position, options);
};

// After a child was refilled and resumed: waits on for the answer that its stop interrupted.
defineProperty(Stopped.prototype, "wait", { value() { return waitFor(host(OP.wait, this.promise), this.position); } });

let isMain = false, mainPending = false, mainArgs = freeze([]), exitCode = 0;

const caper = freeze({
  // What the program was started with.
  get args() { return mainArgs; },
  exit: (code = 0) => { host(OP.exit, code | 0); },
  meter: () => meterOf(0),
  power: (name) => {
    const text = String_(name);
    return sliceText(text, 0, CONFINED_PREFIX.length) === CONFINED_PREFIX ? undefined : endowment(text);
  },
  denied,
  // What the host of this process, and nobody else, offers without a message.
  callHost: (number, ...args) => callHost(number, args),
  askHost,
  spawn, thaw, E, Far, Tagged,
  importLibrary, importBundle, libraryOf, confined,
  tagged: (tag, payload) => new Tagged(tag, payload),
  symbol: (name) => new Selector(name),
  isSymbol: (value) => value instanceof Selector,
});
define("caper", caper);
define("E", E);
define("Far", Far);
// There only where there is something to import from.
defineProperty(globalThis, "importLibrary", {
  get() { return endowment("packages") === undefined ? undefined : importLibrary; },
  set(value) { define("importLibrary", value); },
  configurable: true,
});
`;
