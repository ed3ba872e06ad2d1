/**
 * Node's built-ins and globals as code for guests.
 *
 * @module
 */
export { BUILTINS, type Builtin, builtinNameOf, GLOBALS, type Global, powerOfMissing } from "./table.ts";
