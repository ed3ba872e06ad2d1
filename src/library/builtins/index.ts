/**
 * Node's built-ins and globals as code for guests.
 *
 * @module
 */
export { BUILTINS, type Builtin, builtinNameOf, powerOfMissing } from "./table.ts";
