/**
 * The numbers that the prelude (guest code) and the host functions agree on. They are part of the base image, so a change
 * here makes a new base image.
 * @module
 */

/** First argument of the only host function. */
export const HostOp = {
  /** (target, text, ...capabilities) -> answer; parks until it is there. */
  call: 1,
  /** (target, text, ...capabilities) -> position of the promise for the answer. */
  send: 2,
  /** (promise) -> answer; parks. */
  wait: 3,
  /** (promise) -> 0; the answer comes as an event. */
  listen: 4,
  /** (resolver, text, ...capabilities) -> 0 */
  answer: 5,
  /** (position) -> 0 */
  drop: 6,
  /** (JSON text of a name) -> position of the endowment, or 0. */
  find: 7,
  /** () -> answer: the next part of a text that did not fit into the mailbox. */
  read: 8,
  /** (level, JSON text of the line) -> 0; parks while the stream takes nothing. */
  log: 9,
  /** (source, name): a script to be run after this turn's dispatch. */
  eval: 10,
  /** (source, name): the source of a module. */
  module: 11,
  /** (): all sources of an import are there. */
  modulesEnd: 12,
  /** (child or 0) -> answer: a reading of the meter. */
  meter: 13,
  /** (JSON text of the request, ...capabilities) -> position of the child. */
  spawn: 14,
  /** (child, JSON text of the budget) -> 0 */
  refill: 15,
  /** (child, refuse) -> 0 */
  resume: 16,
  /** (child) -> position of the image */
  freeze: 17,
  /** (child) -> answer: why it stopped. */
  stopOf: 18,
  /** (child) -> answer */
  inspect: 19,
  /** (0, text, ...capabilities): a promise was rejected and nobody handled it. */
  rejected: 20,
  /** As `call`, for a child's own face. */
  callChild: 21,
  /** As `answer`, with an error. */
  answerError: 22,
  /** (): the process is a program from now on: it ends when it waits for nothing. */
  main: 23,
  /** (code): ends the process. */
  exit: 24,
  /** () -> 27 random bits, or below zero where there is no power of randomness. */
  random: 25,
  /** As `send`, without a promise for the answer -> 0. */
  sendOnly: 26,
  /** () -> answer: the positions of a promise and of its resolver. */
  promise: 27,
  /** (function, role) -> its number: from now on the host may call it directly. The guest keeps it alive. */
  register: 30,
  /** (number) -> 0 */
  unregister: 31,
  /** (text) -> what the host's function answers: see `SignalStatus`. Open: the process may be called meanwhile. */
  callback: 32,
  /** (number, ...primitives), the same for a function of the host's. */
  direct: 33,
  /** As `call`, open: whoever has to answer may call this process meanwhile. */
  callOpen: 40,
  /** As `callChild`, open. */
  callChildOpen: 41,
  /** As `wait`, open. */
  waitOpen: 42,
} as const;

/** What a registered function is for. */
export const Role = {
  /** To be called by its number. */
  callable: 0,
  /** Makes text of results of the others that are no primitives. */
  resultConverter: 1,
  /** Makes text of exceptions. */
  errorConverter: 2,
  /** (name, count) -> the number of a function that calls what has that name with so many arguments. */
  calleeMaker: 3,
  /** As `resultConverter`, for calls by name: where a result cannot be text, it is kept, and this gives the number of it. */
  answerConverter: 4,
  /** As `errorConverter`, for calls by name. */
  answerErrorConverter: 5,
} as const;

/** Of those that can be called; below are those that have a role. */
export const FUNCTION_FIRST = 16;

/**
 * Answers of the host's functions that are no texts are the result of the host call itself. For the others that is undefined,
 * and the signal, the word behind the mailbox, says what is in the mailbox: in its lowest three bits one of these, above them
 * as in other answers. It is 0 where the answer is undefined in truth.
 */
export const SignalStatus = {
  /** A string, as JSON. */
  string: 1,
  /** An agreed text, as JSON. */
  text: 2,
  /** The same: an exception. */
  thrown: 3,
  /** What was asked is malformed, or too large. */
  malformed: 4,
} as const;
export const SIGNAL_BYTES = 8;

/** First argument of the dispatcher. */
export const DispatchEvent = {
  /** (target, resolver, text) */
  deliver: 0,
  /** (promise, status, text) */
  settle: 1,
  /** (ok, value) */
  evaluated: 2,
  importNow: 3,
  /** (handled, promise, reason) */
  rejection: 4,
  report: 5,
  /** The turn is over; only asked of a process that is a program. */
  turnEnd: 6,
} as const;

/**
 * In an answer's lowest three bits. Two results need no text: an integer, which is in the bits above, and undefined.
 */
export const AnswerStatus = { fulfilled: 0, rejected: 1, broken: 2, stopped: 3, integer: 4, nothing: 5 } as const;
export const ANSWER_INTEGER_SHIFT = 3;
/** The result of a host call is a positive 32-bit integer. */
export const ANSWER_INTEGER_MAX: number = 2 ** 28 - 1;

/** Set in an answer where the text goes on. */
export const ANSWER_MORE = 8;
/** Above it: the size class of the part, which is filled up with spaces: so the guest needs no view of each length. */
export const ANSWER_CLASS_SHIFT = 4;
export const MAILBOX_CLASS_BYTES_MIN = 32;

/** What the guest is told for the kernel's `ServiceError`s, by their negated number: the error's name and message. */
export const SERVICE_ERRORS: readonly (readonly [name: string, message: string] | null)[] = [
  null,
  ["ReferenceError", "this reference is no longer there: it was dropped, or its child was discarded"],
  ["TypeError", "this reference is of another kind than the operation needs"],
  ["RangeError", "a limit of the kernel was reached"],
  ["RangeError", "malformed request"],
  ["TypeError", "children and images cannot travel in messages"],
  ["Error", "waiting here would close a circle of synchronous calls"],
  ["RangeError", "the meter of this process cannot afford it"],
  ["TypeError", "not a program that runs here"],
  ["Error", "the child is not in a state for this"],
  ["TypeError", "no such export"],
];
