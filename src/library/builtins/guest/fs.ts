/**
 * `fs`: files and folders as far as the power `directory` has them, synchronously, with callbacks and as promises.
 *
 * @module
 */

import { promises } from "./fs-promises.ts";
import { existsSync, operations } from "./fs-work.ts";
import { unsupported } from "./power.ts";

type Operation = (...args: never[]) => unknown;
type Callback = (error: Error | null, value?: unknown) => void;

/** The last argument is told the result, later, as everywhere in Node. */
function withCallback(operation: Operation): (...args: unknown[]) => void {
  return (...args) => {
    const done = args.pop();
    if (typeof done !== "function") throw new TypeError('The "cb" argument must be of type function');
    const callback = done as Callback;
    Promise.resolve()
      .then(() => Reflect.apply(operation, undefined, args))
      .then(
        (value) => queueMicrotask(() => callback(null, value)),
        (error: Error) => queueMicrotask(() => callback(error)),
      );
  };
}

const synchronous = Object.fromEntries(
  Object.entries(operations).map(([name, operation]) => [`${name}Sync`, operation]),
);
const asynchronous = Object.fromEntries(
  Object.entries(operations).map(([name, operation]) => [name, withCallback(operation)]),
);

/** What Node has, and the power has not: it is there, and says so when it is called. */
const missing = Object.fromEntries(
  [
    "open",
    "close",
    "read",
    "write",
    "watch",
    "createReadStream",
    "createWriteStream",
    "symlink",
    "readlink",
    "chmod",
    "chown",
    "utimes",
  ]
    .flatMap((name) => (name.startsWith("create") || name === "watch" ? [name] : [name, `${name}Sync`]))
    .map((name) => [
      name,
      () => {
        throw unsupported(`fs.${name}`);
      },
    ]),
);

const exists = (path: string, done: (isThere: boolean) => void): void => queueMicrotask(() => done(existsSync(path)));

const exported: object = {
  ...missing,
  ...synchronous,
  ...asynchronous,
  constants: { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, COPYFILE_EXCL: 1 },
  exists,
  existsSync,
  promises,
};

export default exported;
