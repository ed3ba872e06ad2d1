/**
 * `path/posix`: there are no other paths here.
 *
 * @module
 */
import path from "node:path";

export default path;
