/**
 * `perf_hooks`: the global clock.
 *
 * @module
 */
const exported: object = { performance: globalThis.performance };

export default exported;
