/**
 * Guest code: direct calls, which take primitives as they are and need no message.
 * @module
 */

export const DIRECT: string = `
// For guest code of this prelude:
// - registerFunction(f) gives the number by which the host may call f(...primitives) directly, and keeps f alive; unregisterFunction(number).
// - setConverters(result, error): what makes a JSON text of a result of such a function that is no primitive, and of an exception.
// - callHost(number, args) calls a function of the host's with primitives; callHost0(number) to callHost3(number, a, b, c) without a list.
// - askHost(text) gives the host a text.
//   Both wait in place, and the host may call this process meanwhile. They give the primitive that the host answers, or what the
//   readers of setReaders(text, error) make of its JSON text; of an exception's they make what is thrown.
const signal = new Int32Array(mailbox.buffer, MAILBOX_BYTES, 1);
const functions = new Map_(); // number -> function
const registerFunction = (callable) => {
  const number = checked(host(OP.register, callable, ROLE.callable));
  mapSet(functions, number, callable);
  return number;
};
const unregisterFunction = (number) => {
  if (mapDelete(functions, number)) host(OP.unregister, number);
};
const setRole = (role, callable) => { mapSet(functions, host(OP.register, callable, role), callable); };
const setConverters = (result, error) => {
  setRole(ROLE.resultConverter, result);
  setRole(ROLE.errorConverter, error);
};
const errorText = (error) => {
  try {
    return stringify(toJson(error, [], true, 0));
  } catch {
    return stringify(errorToJson(new Error_("the exception cannot be passed"), false));
  }
};
setConverters(
  (value) => {
    const caps = [];
    const text = stringify(toJson(value, caps, true, 0));
    if (caps.length > 0) throw new TypeError_("a capability cannot be the result of a direct call");
    return text;
  },
  errorText,
);

const readPlainText = (text) => fromJson(parse(text), [], 0);
let readAnswer = readPlainText, readError = readPlainText;
const setReaders = (text, error) => { readAnswer = text; readError = error; };
const hear = (value) => value !== undefined || signal[0] === 0 ? value : readSignal(signal[0]);
const readSignal = (code) => {
  signal[0] = 0;
  if (code === SIGNAL.malformed) throw new TypeError_("a function of the host's takes primitives only, of at most 16 Mi characters");
  const text = readText(code);
  switch (code & 7) {
    case SIGNAL.string: return parse(text);
    case SIGNAL.text: return readAnswer(text);
    default: throw readError(text);
  }
};
const askHost = (text) => hear(host(OP.callback, text));
const callHost0 = (number) => hear(host(OP.direct, number));
const callHost1 = (number, a) => hear(host(OP.direct, number, a));
const callHost2 = (number, a, b) => hear(host(OP.direct, number, a, b));
const callHost3 = (number, a, b, c) => hear(host(OP.direct, number, a, b, c));
const callHost = (number, args) => {
  const list = [OP.direct, number];
  for (let i = 0; i < args.length; i++) list[i + 2] = args[i];
  return hear(apply(host, undefined, list));
};
`;
