/**
 * `perf_hooks`: the global clock.
 *
 * @module
 */
export default { performance: globalThis.performance };
