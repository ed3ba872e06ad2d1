/**
 * Stands in for a module that is imported for its effects alone, which are not wanted.
 *
 * @module
 */
export {};
