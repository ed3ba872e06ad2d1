/**
 * What reads and writes the references in values: a session with its tables.
 *
 * @module
 */

import type { ReadHooks, WriteHooks } from "../../passable/index.ts";

export interface Hooks extends ReadHooks, WriteHooks {}
