/**
 * Guest code: promises that cross, and eventual sends. A promise of others that is not settled yet is known by its position in the
 * c-list, and messages to it are sent there at once: the kernel lets them wait, or takes them on to whoever has to answer.
 * @module
 */

export const PROMISES: string = `
const waiting = new Map_();              // position of a promise of others -> what settles it here
const promisePositions = new WeakMap_(); // promise -> position, while it has one
const ownPromises = new Map_();          // position -> WeakRef of a promise of this guest that others know

const forgetPromise = new FinalizationRegistry((position) => {
  const own = mapGet(ownPromises, position);
  // The position may have come again since, and stand for another promise.
  if (own !== undefined && deref(own) === undefined) {
    mapDelete(ownPromises, position);
    host(OP.drop, position);
  }
});

// What the promise at a position is here. "locally" is what a message to it comes to if it is for a value, which takes none.
const promiseOf = (number, locally) => {
  const position = number | 0;
  if (position <= 0) throw new TypeError_("malformed message: no such promise");
  const own = mapGet(ownPromises, position);
  const known = own === undefined ? mapGet(waiting, position)?.promise : deref(own);
  if (known !== undefined) return known;
  if (own !== undefined) mapDelete(ownPromises, position);
  const { promise, resolve, reject } = Promise_.withResolvers();
  const code = host(OP.listen, position);
  if (code < 0) reject(failure(code));
  else {
    mapSet(waiting, position, { __proto__: null, promise, resolve, reject, locally });
    weakSet(promisePositions, promise, position);
  }
  return promise;
};
// In a message. Whoever sends it must not make this guest fail by rejecting it.
const receivedPromise = (number) => {
  const promise = promiseOf(number);
  then(promise, undefined, ignore);
  return promise;
};
const ignore = () => {};

// The position under which a promise travels.
const positionOfPromise = (promise) => {
  const known = weakGet(promisePositions, promise);
  if (known !== undefined) return known;
  const made = ask(OP.promise);
  const position = made[0] | 0, resolver = made[1] | 0;
  weakSet(promisePositions, promise, position);
  mapSet(ownPromises, position, new WeakRef_(promise));
  watch(forgetPromise, promise, position);
  then(promise, (value) => respond(resolver, false, value, false), (error) => respond(resolver, true, error, false));
  return position;
};

const settle = (position, status, text) => {
  const waiter = mapGet(waiting, position);
  if (waiter === undefined) return;
  mapDelete(waiting, position);
  if (waiter.promise !== undefined) weakDelete(promisePositions, waiter.promise);
  try {
    const parsed = parse(text);
    if (waiter.raw) waiter.resolve(arrayOfAnswer(status, parsed));
    else if (status === 2 && parsed[1].code === "no-target" && waiter.locally !== undefined) waiter.resolve(waiter.locally());
    else waiter.resolve(conclude(status, parsed));
  } catch (error) {
    waiter.reject(error);
  }
};

const isReference = (value) => typeof value === "function" || typeof value === "object" && value !== null;
const presencePosition = (value) => {
  const position = isReference(value) ? weakGet(positions, value) : undefined;
  return position > 0 ? position : undefined;
};
// Of a promise of others that is not settled here.
const pendingPosition = (value) => {
  const position = isReference(value) ? weakGet(promisePositions, value) : undefined;
  return position === undefined || mapGet(ownPromises, position) !== undefined ? undefined : position;
};

// When it is known here what the target comes to. It may be known elsewhere that this is a value and takes no messages: nobody got them then.
const sendHere = (target, request) => then(Promise_.resolve(target), (value) => presencePosition(value) === undefined ? request.local(value) : sendLater(value, request));

// Sends a request to where the target is, or does what it asks for with a value that is here.
const sendLater = (target, request) => {
  const presence = presencePosition(target);
  if (presence !== undefined) return promiseOf(checked(post(OP.send, presence, request.body, false)));
  const pending = pendingPosition(target);
  if (pending !== undefined) {
    const position = post(OP.send, pending, request.body, false);
    if (position !== LIMIT) return promiseOf(checked(position), () => sendHere(target, request));
    // No more messages may wait there. The others wait here from now on, so that none overtakes another.
    weakDelete(promisePositions, target);
  }
  return sendHere(target, request);
};
const LIMIT = -3;
const sendSafely = (target, request) => {
  try {
    return sendLater(target, request);
  } catch (error) {
    return Promise_.reject(error);
  }
};
// To a promise it is sent as all others are: only an answer says that the promise came to a value, and that it must be done here.
const sendOnly = (target, request) => {
  const presence = presencePosition(target);
  if (presence === undefined) then(sendLater(target, request), undefined, ignore);
  else checked(post(OP.sendOnly, presence, request.body, false));
};

const requestToCall = (method, args) => ({ __proto__: null, body: bodyOf(method, args), local: (value) => invoke(value, method, args) });
const sendCall = (target, method, args) => sendSafely(target, requestToCall(method, args));
const requestToGet = (key) => ({ __proto__: null, body: [new Tagged("get", key)], local: (value) => {
  if (typeof value === "object" && value !== null && hasOwn(value, key)) return value[key];
  throw new TypeError_("get: no field " + stringify(key));
} });

// "then" is what the language asks of what is awaited.
const isRequest = (key) => typeof key !== "symbol" && key !== "then";
const sendHandler = {
  __proto__: null,
  get(_target, key) {
    return isRequest(key) ? (...args) => this.send(this.subject, requestToCall(key, args)) : undefined;
  },
  apply(_target, _this, args) {
    return this.send(this.subject, requestToCall(null, args));
  },
};
const getHandler = {
  __proto__: null,
  get(_target, key) {
    return isRequest(key) ? sendSafely(this.subject, requestToGet(key)) : undefined;
  },
};
const E = (subject) => new Proxy_(makeBareFunction(), { __proto__: sendHandler, subject, send: sendSafely });
E.sendOnly = (subject) => new Proxy_(makeBareFunction(), { __proto__: sendHandler, subject, send: sendOnly });
E.get = (subject) => new Proxy_(makeBareFunction(), { __proto__: getHandler, subject });
E.when = (subject, onFulfilled, onRejected) => then(Promise_.resolve(subject), onFulfilled, onRejected);
freeze(E);
`;
