/**
 * Guest code: importing libraries. A library is a child with a membrane: its budget comes out of this process' meter, its powers out of
 * this process' own, and it is frozen and thawed with it.
 * @module
 */

export const LIBRARIES: string = `
class LibraryError extends Error_ {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}
defineProperty(LibraryError.prototype, "name", { value: "LibraryError", writable: true, configurable: true });

// Asks in place. Where the library stops and no keeper lets it go on, the call stays where it is until it is resumed.
const askLibrary = (library, text) => {
  if (library.interrupted !== 0) throw stoppedError(library, library.stop);
  let answer = host(OP.callChildOpen, library.at(), text);
  for (;;) {
    try {
      return linkAnswer(answer);
    } catch (error) {
      if (!(error instanceof Stopped)) throw endedError(library, error);
      if (!keep(error) && error.position === library.at()) {
        library.interrupted = error.promise;
        library.stop = error.stop;
        throw stoppedError(library, error.stop);
      }
      answer = host(OP.waitOpen, error.promise);
    }
  }
};
const endedError = (library, error) =>
  error.name === "BrokenError" ? new LibraryError("ended", library.name + ": " + error.message + "; import it again") : error;
const stoppedError = (library, stop) => {
  const kind = stop.kind;
  if (kind === "out-of-memory") return new LibraryError(kind, library.name + ": it wants " + stop.pagesWanted + " pages more; caper.libraryOf(namespace).refill({ memoryBytes }) and .resume() go on with the call");
  if (kind === "out-of-gas") return new LibraryError(kind, library.name + ": out of gas in the middle of a call; caper.libraryOf(namespace).refill({ gas }) and .resume() go on with it");
  return new LibraryError(kind === "trap" ? "trap" : "ended", library.name + ": its process stopped (" + kind + "); import it again");
};

const startLibrary = (bundle, options) => {
  const end = freeze({ __proto__: null }), powers = { __proto__: null };
  weakAdd(farObjects, end);
  const names = keysOf(options.powers ?? {});
  for (let i = 0; i < names.length; i++) powers[names[i]] = options.powers[names[i]];
  powers[IMPORTER_ENDOWMENT] = end;
  const library = { __proto__: null, name: String_(bundle.name), version: String_(bundle.version), interrupted: 0, stop: undefined, gone: false };
  const { gas, memoryBytes } = options, left = meterOf(0);
  if (gas > left.gas || memoryBytes > left.memoryBytes) throw new LibraryError("load-budget", library.name + ": its " + gas + " gas and " + memoryBytes + " bytes come out of what this process has left, which is " + left.gas + " gas and " + left.memoryBytes + " bytes; give it less, or this process more");
  const started = startAt(0, { gas, memoryBytes, powers });
  library.child = makeChild(started, options.keeper);
  library.at = () => {
    if (library.gone) throw new LibraryError("ended", library.name + ": its process has ended; import it again");
    return started;
  };
  library.link = makeLink(true, (text) => askLibrary(library, text), (text) => sendLink(library.at(), text));
  weakSet(links, end, library.link);
  return library;
};
const loadMessage = (bundle) => ["import", String_(bundle.entry), bundle.modules, bundle.confined ?? []];
const loadError = (library, error) => {
  if (error instanceof Stopped && error.stop.kind === "out-of-gas") return new LibraryError("load-budget", library.name + ": its gas does not suffice to load it: it had used " + library.child.meter().gasUsed + " when it stopped, and was not done; give more");
  if (error instanceof Stopped && error.stop.kind === "out-of-memory") return new LibraryError("load-budget", library.name + ": its memory does not suffice to load it; give more");
  if (error instanceof Stopped) return stoppedError(library, error.stop);
  return new LibraryError(error.name === "SyntaxError" ? "syntax" : "broken-package", library.name + ": it failed while it was loaded: " + error.name + ": " + error.message);
};
const failLoad = (library, error) => {
  const failed = loadError(library, error);
  library.gone = true;
  library.child.discard();
  throw failed;
};

const libraryFaces = new WeakMap_();
const namespaceOf = (library) => {
  const namespace = { __proto__: null }, values = ask_link(library.link, LINK_OP.namespace, 0, []);
  for (let i = 1; i < values.length; i += 2) {
    const value = values[i + 1];
    if (values[i] !== "then" || typeof value !== "function") defineProperty(namespace, values[i], { __proto__: null, value, enumerable: true });
  }
  defineProperty(namespace, Symbol_.toStringTag, { __proto__: null, value: "Module" });
  weakSet(libraryFaces, freeze(namespace), makeLibraryFace(library));
  return namespace;
};
const makeLibraryFace = (library) => freeze({
  __proto__: null,
  name: library.name,
  version: library.version,
  meter: () => library.child.meter(),
  refill: (budget) => { library.child.refill(budget); },
  // The promise of the result of the call that was interrupted.
  resume(refuse = false) {
    const { interrupted } = library;
    library.child.resume(refuse);
    if (interrupted === 0) return Promise_.resolve(undefined);
    library.interrupted = 0;
    return then(listenLink(interrupted), (answer) => concludeLink(library.link, answer)[0]);
  },
  async: (fn) => {
    const remote = weakGet(remotes, fn);
    if (remote === undefined || remote.link !== library.link) throw new TypeError_("async(fn): expected a function of this library");
    return (...args) => {
      const text = requestText(library.link, LINK_OP.call | LINK_WAITING, remote.id, args, nameOfArgument);
      return then(library.link.later(flatten(text)), (answer) => concludeLink(library.link, answer)[0]);
    };
  },
  inspect: () => library.child.inspect(),
  dispose: () => { library.gone = true; library.child.discard(); },
});
const libraryOf = (namespace) => {
  const face = weakGet(libraryFaces, namespace);
  if (face === undefined) throw new TypeError_("libraryOf(namespace): expected what importLibrary gave");
  return face;
};

const importLibrary = async (specifier, options) => {
  const packages = endowment("packages");
  if (packages === undefined) throw new Error_("importLibrary needs the power \\"packages\\", which this process was not given");
  if (typeof options !== "object" || options === null) throw new TypeError_("importLibrary(specifier, options): expected { gas, memoryBytes }");
  const bundle = await sendCall(packages, "bundle", options.policy === undefined ? [String_(specifier)] : [String_(specifier), { policy: options.policy }]);
  return importBundle(bundle, options);
};
const importBundle = async (bundle, options) => {
  const library = startLibrary(bundle, options);
  // In place: while it is loaded its keeper is asked, and it holds nothing of this process.
  try {
    waitFor(post(OP.callChildOpen, library.at(), loadMessage(bundle), false), library.at());
  } catch (error) {
    failLoad(library, error);
  }
  return namespaceOf(library);
};

// Packages inside of this library's own bundle that have a process of their own.
let confinedBundles = [];
const confinedNamespaces = new Map_();
// What the host gives to one of them comes under a name that is no power of this process: it only hands it on.
const confinedName = (bundle, power) => CONFINED_PREFIX + bundle.name + "/" + power;
const handOn = (powers, { policy, bundle }) => {
  const names = keysOf(policy.powers ?? {}), inner = bundle.confined ?? [];
  for (let i = 0; i <= names.length; i++) {
    const name = confinedName(bundle, i < names.length ? names[i] : "audit"), power = endowment(name);
    if (power !== undefined) powers[name] = power;
  }
  for (let i = 0; i < inner.length; i++) handOn(powers, inner[i]);
};
const confined = (name) => {
  const known = mapGet(confinedNamespaces, name);
  if (known !== undefined) return known;
  let found;
  for (let i = 0; i < confinedBundles.length; i++) if (confinedBundles[i].name === name) found = confinedBundles[i];
  if (found === undefined) throw new LibraryError("not-found", name + ": no package of that name is confined in this library");
  const { policy, bundle } = found, left = meterOf(0), powers = {}, inner = bundle.confined ?? [];
  const names = keysOf(policy.powers ?? {});
  for (let i = 0; i < names.length; i++) {
    const power = endowment(confinedName(bundle, names[i])) ?? endowment(names[i]);
    if (power !== undefined) powers[names[i]] = power;
  }
  const audit = endowment(confinedName(bundle, "audit"));
  if (audit !== undefined) powers.audit = audit;
  for (let i = 0; i < inner.length; i++) handOn(powers, inner[i]);
  const library = startLibrary(bundle, {
    powers,
    gas: policy.gas ?? Math_.floor(left.gas / CONFINED_SHARE),
    memoryBytes: policy.memoryBytes ?? Math_.floor(left.memoryBytes / CONFINED_SHARE),
  });
  try {
    waitFor(post(OP.callChildOpen, library.at(), loadMessage(bundle), false), library.at());
  } catch (error) {
    failLoad(library, error);
  }
  const namespace = namespaceOf(library);
  mapSet(confinedNamespaces, name, namespace);
  return namespace;
};
`;
