/**
 * Guest code: the function that the driver calls for everything that enters: messages, answers, the results of scripts,
 * rejections that nobody handled.
 * @module
 */

export const DISPATCH: string = String.raw`
let entryExports = { __proto__: null };
let evaluating = 0, importing; // the resolver of the script that runs; the import that waits for its sources

const respond = (resolver, failed, value, stacks) => {
  if (resolver === 0) return;
  const op = failed ? OP.answerError : OP.answer;
  try {
    post(op, resolver, value, stacks);
  } catch (error) {
    post(OP.answerError, resolver, error instanceof Error_ ? error : new Error_("the result cannot be passed"), stacks);
  }
};
// A promise answers when it settles. Other thenables are values like any other: they would run code of the guest's here.
const respondWith = (resolver, value, stacks) => {
  if (value instanceof Promise_) then(value, (result) => respond(resolver, false, result, stacks), (error) => respond(resolver, true, error, stacks));
  else respond(resolver, false, value, stacks);
};

// What the holder of the process itself, its parent or the host, may ask.
const root = {
  __proto__: null,
  set(values) {
    for (const name of keysOf(values)) define(name, values[name]);
  },
  register(name) {
    return registerFunction(exportedFunction(name));
  },
  get(name) {
    return hasOwn(entryExports, name) ? entryExports[name] : globalThis[name];
  },
};

const exportedFunction = (name) => {
  const found = hasOwn(entryExports, name) ? entryExports[name] : hasOwn(globalThis, name) ? globalThis[name] : undefined;
  if (typeof found !== "function") throw new TypeError_("no exported function " + stringify(String_(name)));
  return found;
};

// Calls by name that need no message. The name is looked up at each call.
const calleeOf = (name, count) => {
  exportedFunction(name);
  const globals = globalThis;
  const missing = () => exportedFunction(name);
  switch (count) {
    case 0: return () => { const found = entryExports[name] ?? globals[name]; return typeof found === "function" ? found() : missing()(); };
    case 1: return (a) => { const found = entryExports[name] ?? globals[name]; return typeof found === "function" ? found(a) : missing()(a); };
    case 2: return (a, b) => { const found = entryExports[name] ?? globals[name]; return typeof found === "function" ? found(a, b) : missing()(a, b); };
    case 3: return (a, b, c) => { const found = entryExports[name] ?? globals[name]; return typeof found === "function" ? found(a, b, c) : missing()(a, b, c); };
    case 4: return (a, b, c, d) => { const found = entryExports[name] ?? globals[name]; return typeof found === "function" ? found(a, b, c, d) : missing()(a, b, c, d); };
  }
  throw new RangeError_("too many arguments");
};
// Results that no text can hold: promises, and values with capabilities in them. The host sends "kept" for one at once.
const kept = new Map_();
let keptCount = 0;
const keep_ = (value) => { mapSet(kept, ++keptCount, value); return keptCount; };
setRole(ROLE.calleeMaker, (name, count) => registerFunction(calleeOf(name, count)));
setRole(ROLE.answerConverter, (value) => {
  if (value instanceof Promise_) return keep_(value);
  const caps = [];
  const text = stringify(toJson(value, caps, true, 0));
  return caps.length === 0 ? text : keep_(value);
});
setRole(ROLE.answerErrorConverter, errorText);

const addModules = (entry, modules) => {
  if (typeof entry !== "string") throw new TypeError_("import: expected the name of a module");
  const names = keysOf(modules);
  for (let i = 0; i < names.length; i++) {
    if (typeof modules[names[i]] !== "string") throw new TypeError_("import: expected the source of " + stringify(names[i]));
    checked(host(OP.module, modules[names[i]], names[i]));
  }
};

const deliver = (target, resolver, text) => {
  const stacks = target === 0;
  try {
    const parsed = parse(text);
    const link = parsed[1][0] === "link" ? target === 0 ? upward : weakGet(links, exported[target]) : undefined;
    if (link !== undefined) return receiveLink(link, resolver, parsed[1]);
    const args = fromJson(parsed[1], parsed[0], 0);
    const method = shift(args);
    if (target !== 0) return respondWith(resolver, invoke(exported[target], method, args), stacks);
    switch (method) {
      case "call":
        return respondWith(resolver, apply(exportedFunction(shift(args)), undefined, args), stacks);
      case "kept": {
        const value = mapGet(kept, args[0]);
        mapDelete(kept, args[0]);
        return respondWith(resolver, value, stacks);
      }
      case "eval":
        if (typeof args[0] !== "string" || typeof args[1] !== "string") throw new TypeError_("eval: expected a name and a source");
        checked(host(OP.eval, args[1], args[0]));
        evaluating = resolver;
        return;
      case "main": {
        addModules(args[0], args[1]);
        mainArgs = freeze(args[2]);
        confinedBundles = args[3] ?? [];
        isMain = true;
        host(OP.main);
        importing = { resolver: 0, entry: args[0] };
        host(OP.modulesEnd);
        return respond(resolver, false, undefined, true);
      }
      case "import":
        addModules(args[0], args[1] ?? {});
        confinedBundles = args[2] ?? [];
        importing = { resolver, entry: args[0] };
        host(OP.modulesEnd);
        return;
    }
    const action = root[method];
    if (action === undefined) throw new TypeError_("no method " + stringify(String_(method)));
    respondWith(resolver, apply(action, undefined, args), stacks);
  } catch (error) {
    respond(resolver, true, error, stacks);
  }
};

const evaluated = (ok, value) => {
  const resolver = evaluating;
  evaluating = 0;
  if (ok) {
    // The value of a script's last statement is of interest where it can cross, and no error where it can not.
    let result = value;
    if (!(value instanceof Promise_)) {
      try {
        toJson(value, [], true, 0);
      } catch {
        result = undefined;
      }
    }
    respondWith(resolver, result, true);
  } else respond(resolver, true, value, true);
};

// A program that fails says why on its error output, as one that nobody catches does anywhere.
const fail = (error) => {
  let text = inspectSafely(error);
  if (error instanceof Error_) text = "Uncaught " + error.name + ": " + error.message + "\n" + ownStack(error.stack);
  log(3, [text.trimEnd()]);
  host(OP.exit, 1);
};

const importNow = () => {
  const { resolver, entry } = importing;
  importing = undefined;
  if (isMain) {
    mainPending = true;
    then(import(entry), () => { mainPending = false; }, fail);
    return;
  }
  respondWith(resolver, then(import(entry), (namespace) => {
    entryExports = namespace;
    return keysOf(namespace);
  }), true);
};

const unhandled = new Map_();
const reportUnhandled = () => {
  for (const [promise, reason] of unhandled) {
    unhandled.delete(promise);
    if (isMain) return fail(reason);
    try {
      post(OP.rejected, 0, reason, true);
    } catch {
      post(OP.rejected, 0, new Error_("a value that cannot be passed"), true);
    }
  }
};

return (kind, a, b, c) => {
  switch (kind) {
    case EVENT.deliver: return deliver(a, b, c);
    case EVENT.settle: return settle(a, b, c);
    case EVENT.evaluated: return void evaluated(a, b);
    case EVENT.importNow: return void importNow();
    case EVENT.rejection: return void (a ? unhandled.delete(b) : unhandled.set(b, c));
    case EVENT.report: return void reportUnhandled();
    // A program whose entry waits for a promise that nothing can settle is at its end, too.
    case EVENT.turnEnd: {
      if (waiting.size > 0 || timers.size > 0) return;
      if (mainPending) log(3, ["the program waits for a promise that nothing will settle"]);
      host(OP.exit, mainPending ? 13 : exitCode);
      return;
    }
  }
};
`;
