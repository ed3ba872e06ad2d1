/**
 * Values that cross a membrane, as text that both of its sides can run: how one is made on one side, and what must hold of it on the other.
 * @module
 */

export interface ValueCase {
  readonly name: string;
  /** An expression. */
  readonly make: string;
  /** A function of the value, on the other side: true, or what is wrong. It may be asynchronous. */
  readonly check: string;
  /** Only where the one who looks is the importer: what it writes is written to the library's object. */
  readonly openOnly?: boolean;
  /** Only where the one who looks is the library: what it writes stays on its side. */
  readonly guardedOnly?: boolean;
}

const same = (name: string, make: string, check: string): ValueCase => ({ name, make, check });
const is = (make: string): ValueCase =>
  same(`primitive ${make.slice(0, 40)}`, make, `(v) => Object.is(v, ${make}) || typeof v`);
/** Data that JSON shows in full, and that must be of this side's own classes. */
const shows = (make: string): ValueCase =>
  same(
    `data ${make}`,
    make,
    `(v) => { const own = ${make}; return JSON.stringify(v) === JSON.stringify(own) && Object.getPrototypeOf(v) === Object.getPrototypeOf(own) || JSON.stringify(v) }`,
  );

const PRIMITIVES: readonly ValueCase[] = [
  "undefined",
  "null",
  "true",
  "false",
  "0",
  "-0",
  "NaN",
  "Infinity",
  "-Infinity",
  "1.5",
  "2 ** 53",
  "5e-324",
  "''",
  "'plain'",
  "'!x'",
  "'#undefined'",
  "'$1f'",
  '"\'1"',
  "'&0'",
  "'%iterator'",
  "'+1'",
  "'-1'",
  "'*AQL/'",
  "'日本 😀 é'",
  "'\\ud800x'",
  "'\\u0000'",
  "'long '.repeat(5000)",
  "'é'.repeat(40000)",
  "0n",
  "12n",
  "-(2n ** 100n)",
  "Symbol.iterator",
  "Symbol.asyncIterator",
  "Symbol.for('a key')",
].map(is);

const DATA: readonly ValueCase[] = [
  ...["[]", "{}", "[1, 'a', null]", "{ a: { b: [1, { c: 'd' }] } }", "{ '!a': 1, '#': 2, '$1': 3, '': 4 }"].map(shows),
  ...["[[[[[]]]]]", "{ then: 1 }", "{ constructor: 'x', toString: 'y' }", "[undefined, 1]", "[NaN, -0]"].map(shows),
  same(
    "a key __proto__ becomes an own property",
    `JSON.parse('{"__proto__":{"polluted":1},"a":"!"}')`,
    "(v) => Object.getPrototypeOf(v) === Object.prototype && Object.keys(v).join() === '__proto__,a' && v.polluted === undefined && ({}).polluted === undefined",
  ),
  same(
    "a key __proto__ beside what needs escapes",
    `JSON.parse('{"__proto__":{"polluted":1}}', (k, v) => v === 1 ? undefined : v) && Object.assign(JSON.parse('{"__proto__":{"polluted":1}}'), { u: undefined })`,
    "(v) => Object.getPrototypeOf(v) === Object.prototype && Object.hasOwn(v, '__proto__') && v.polluted === undefined && 'u' in v",
  ),
  same(
    "an object without prototype",
    "Object.assign(Object.create(null), { a: 1 })",
    "(v) => Object.getPrototypeOf(v) === null && v.a === 1",
  ),
  same("holes", "[1, , 3]", "(v) => v.length === 3 && !(1 in v) && v[2] === 3"),
  same(
    "a very sparse array",
    "(() => { const a = []; a[1e6] = 'x'; return a })()",
    "(v) => v.length === 1000001 && v[1000000] === 'x' && Object.keys(v).length === 1",
  ),
  same(
    "an array with more",
    "/b(?<x>c)/.exec('abcd')",
    "(v) => Array.isArray(v) && v[0] === 'bc' && v.index === 1 && v.input === 'abcd' && v.groups.x === 'c'",
  ),
  same("a date", "new Date(86400000.5)", "(v) => v instanceof Date && v.getTime() === 86400000"),
  same("no date", "new Date(NaN)", "(v) => v instanceof Date && Number.isNaN(v.getTime())"),
  same(
    "a regular expression",
    "Object.assign(/a[/]b/gi, { lastIndex: 3 })",
    "(v) => v instanceof RegExp && v.source === 'a[/]b' && v.flags === 'gi' && v.lastIndex === 3 && v.test('xxxA/B')",
  ),
  same(
    "a map",
    "new Map([[{ k: 1 }, new Set([1n])], ['a', undefined]])",
    "(v) => v instanceof Map && v.size === 2 && v.get('a') === undefined && v.has('a') && [...[...v][0][1]][0] === 1n && [...v.keys()][0].k === 1",
  ),
  same(
    "a set",
    "new Set(['a', NaN, [1]])",
    "(v) => v instanceof Set && v.size === 3 && v.has(NaN) && [...v][2][0] === 1",
  ),
  ...["Int8", "Uint8", "Uint8Clamped", "Int16", "Uint16", "Int32", "Uint32", "Float32", "Float64"].map((type) =>
    same(
      `a ${type}Array`,
      `${type}Array.of(1, 2, 250)`,
      `(v) => v instanceof ${type}Array && v.length === 3 && v[2] === ${type}Array.of(250)[0]`,
    ),
  ),
  same("a BigInt64Array", "BigInt64Array.of(-1n)", "(v) => v instanceof BigInt64Array && v[0] === -1n"),
  same(
    "a part of a buffer",
    "new Uint8Array([1, 2, 3, 4]).subarray(1, 3)",
    "(v) => v.length === 2 && v[0] === 2 && v.buffer.byteLength === 2",
  ),
  same(
    "an array buffer",
    "new Uint8Array([1, 255]).buffer",
    "(v) => v instanceof ArrayBuffer && new Uint8Array(v)[1] === 255",
  ),
  same(
    "a data view",
    "new DataView(new Uint8Array([0, 1, 2]).buffer, 1)",
    "(v) => v instanceof DataView && v.getUint16(0) === 258",
  ),
  same("many bytes", "new Uint8Array(100000).fill(7)", "(v) => v.length === 100000 && v.every((b) => b === 7)"),
  same(
    "sharing",
    "(() => { const x = { n: 1 }; return [x, { x }, x] })()",
    "(v) => v[0] === v[2] && v[1].x === v[0] && v[0].n === 1",
  ),
  same(
    "a circle",
    "(() => { const x = { list: [] }; x.list.push(x, 1); return x })()",
    "(v) => v.list[0] === v && v.list[1] === 1",
  ),
  same(
    "a circle through a map",
    "(() => { const m = new Map(); m.set(m, [m]); return m })()",
    "(v) => v.get(v)[0] === v",
  ),
];

const FUNCTIONS: readonly ValueCase[] = [
  same(
    "a function",
    "(a, b) => a + b",
    "(v) => typeof v === 'function' && v(2, 3) === 5 && v('a', 'b') === 'ab' && v instanceof Function",
  ),
  same(
    "its arguments and results are values of this side",
    "(o) => ({ got: o, is: Object.getPrototypeOf(o) === Object.prototype })",
    "(v) => { const r = v({ x: 1 }); return r.is && r.got.x === 1 && Object.getPrototypeOf(r) === Object.prototype }",
  ),
  same(
    "its receiver",
    "function () { 'use strict'; return this === undefined ? 'none' : this.name }",
    "(v) => v() === 'none' && v.call({ name: 'n', f() {} }) === 'n' && v.apply({ name: 'm' }) === 'm' && v.bind({ name: 'b' })() === 'b'",
  ),
  same("its name and length", "function named(a, b) {}", "(v) => v.name === 'named' && v.length === 2"),
  same(
    "its own properties",
    "Object.assign(() => 1, { version: '1.2', inner: { f() { return 2 } } })",
    "(v) => v.version === '1.2' && v.inner.f() === 2 && Object.keys(v).join() === 'version,inner'",
  ),
  same(
    "an arrow function is no constructor",
    "() => 1",
    "(v) => { try { new v(); return false } catch (e) { return e instanceof TypeError } }",
  ),
  same("a function of functions", "(f) => (x) => f(f(x))", "(v) => v((x) => x * 3)(2) === 18"),
  same(
    "what it throws",
    "() => { throw new RangeError('too far') }",
    "(v) => { try { v() } catch (e) { return e instanceof RangeError && e.message === 'too far' && e.name === 'RangeError' } return false }",
  ),
  same("it may throw anything", "() => { throw 5 }", "(v) => { try { v() } catch (e) { return e === 5 } }"),
  same(
    "a class",
    "class A { constructor(x) { this.x = x } twice() { return this.x * 2 } get half() { return this.x / 2 } static make(x) { return new this(x) } }",
    "(v) => { const a = new v(4); return a.x === 4 && a.twice() === 8 && a.half === 2 && v.make(3).twice() === 6 }",
  ),
  same(
    "private fields",
    "class A { #x = 1; next() { return ++this.#x } }",
    "(v) => { const a = new v(); a.next(); return a.next() === 3 }",
  ),
  same(
    "a class without new",
    "class A {}",
    "(v) => { try { v(); return false } catch (e) { return e instanceof TypeError } }",
  ),
];

const OBJECTS: readonly ValueCase[] = [
  same(
    "an object with a method",
    "{ n: 2, f(x) { return this.n * x }, deep: { g: () => 7 } }",
    "(v) => v.f(3) === 6 && v.deep.g() === 7 && v.n === 2",
  ),
  same(
    "its keys",
    "{ a: 1, f() {}, get g() { return 2 } }",
    "(v) => Object.keys(v).join() === 'a,f,g' && 'a' in v && 'g' in v && !('x' in v) && v.g === 2 && v.x === undefined",
  ),
  same(
    "it can be spread",
    "{ a: 1, f() { return 2 } }",
    "(v) => { const c = { ...v }; return c.a === 1 && c.f() === 2 }",
  ),
  same(
    "its descriptors",
    "Object.defineProperty({ f() {} }, 'hidden', { value: 1 })",
    "(v) => { const d = Object.getOwnPropertyDescriptor(v, 'hidden'); return d.value === 1 && d.enumerable === false && Object.keys(v).join() === 'f' && Object.getOwnPropertyDescriptor(v, 'no') === undefined }",
  ),
  same(
    "a getter runs when it is asked for",
    "(() => { let n = 0; return { get n() { return ++n }, f() {} } })()",
    "(v) => { Object.keys(v); 'n' in v; Object.getOwnPropertyDescriptor(v, 'n'); return v.n === 1 && v.n === 2 }",
  ),
  same(
    "a setter",
    "(() => { let n = 0; return { get n() { return n }, set n(x) { n = x * 2 } } })()",
    "(v) => { v.n = 4; return v.n === 8 }",
  ),
  same(
    "it can be written as JSON",
    "{ a: [1], f() {}, toJSON() { return { j: this.a } } }",
    "(v) => JSON.stringify(v) === '{\"j\":[1]}'",
  ),
  same(
    "an instance",
    "new (class Point { x = 1; get y() { return 2 } sum() { return this.x + this.y } toString() { return 'P' } })()",
    "(v) => v.x === 1 && v.y === 2 && v.sum() === 3 && String(v) === 'P' && ('' + v) === 'P'",
  ),
  same(
    "a list with functions",
    "[(x) => x + 1, (x) => x * 2]",
    "(v) => Array.isArray(v) && v.length === 2 && v[1](4) === 8 && v.map((f) => f(3)).join() === '4,6' && [...v].length === 2 && v instanceof Array && Object.keys(v).join() === '0,1' && Object.getOwnPropertyDescriptor(v, 'length').value === 2",
  ),
  same(
    "an instance of a subclass of Array",
    "(() => { class L extends Array { sum() { let n = 0; for (const x of this) n += x; return n } } return L.of(1, 2, 3) })()",
    "(v) => Array.isArray(v) && v.length === 3 && v.sum() === 6 && v[2] === 3",
  ),
  same("a map of functions", "new Map([['f', () => 5]])", "(v) => v.get('f')() === 5 && v.size === 1"),
  same("something in it", "{ inner: { list: [{ f: () => 'found' }] } }", "(v) => v.inner.list[0].f() === 'found'"),
];

/** What a library writes to its importer's objects, and sees then. */
const WRITES: readonly ValueCase[] = [
  same(
    "properties that are written, added, deleted",
    "{ a: 1, gone: 2, f() {} }",
    "(v) => { 'use strict'; v.a = 5; v.b = v; v.n = { x: [1] }; v.n.x.push(2); delete v.gone; return v.a === 5 && v.b === v && v.n.x.length === 2 && v.gone === undefined && !('gone' in v) && 'b' in v && Object.keys(v).sort().join() === 'a,b,f,n' && v.f() === undefined }",
  ),
  same(
    "a property that is deleted and written again",
    "{ a: 1, f() {} }",
    "(v) => { 'use strict'; delete v.a; v.a = 2; v.f = () => 3; return v.a === 2 && v.f() === 3 && Object.keys({ ...v }).sort().join() === 'a,f' }",
  ),
  same(
    "properties that are defined",
    "{ a: 1, f() {} }",
    "(v) => { Object.defineProperty(v, 'a', { enumerable: false }); Object.defineProperty(v, 'g', { get() { return this.a + 1 }, set(x) { this.got = x }, configurable: true }); const before = v.g; v.g = 7; const d = Object.getOwnPropertyDescriptor(v, 'a'); return d.value === 1 && d.enumerable === false && d.writable === true && before === 2 && v.got === 7 && Object.keys(v).sort().join() === 'f,got' }",
  ),
  same(
    "a list that is written",
    "[() => 1, () => 2, () => 3]",
    "(v) => { 'use strict'; v.push(() => 4); v[0] = () => 10; const last = v.pop()(); v.length = 2; const two = v.map((f) => f()).join(); v.length = 3; v.unshift(() => 0); v[5] = () => 6; return last === 4 && two === '10,2' && v.length === 6 && v[3] === undefined && Object.keys(v).join() === '0,1,2,5' && v[5]() === 6 && v[0]() === 0 && v[2]() === 2 }",
  ),
  same(
    "a list that is sorted in place, and emptied",
    "[() => 3, () => 1, () => 2]",
    "(v) => { v.sort((a, b) => a() - b()); const order = v.map((f) => f()).join(); const cut = v.splice(0, 2).length; v.length = 0; return order === '1,2,3' && cut === 2 && v.length === 0 && v[0] === undefined && [...v].length === 0 }",
  ),
  same(
    "properties of a function",
    "function named() { return 1 }",
    "(v) => { 'use strict'; v.version = 2; v.displayName = 'x'; return v.version === 2 && Object.keys(v).join() === 'version,displayName' && v() === 1 && v.name === 'named' }",
  ),
  same(
    "an instance, beside its own setters and methods",
    "new (class { n = 1; #twice = 0; set twice(x) { this.#twice = 2 * x } get twice() { return this.#twice } double() { return this.#twice } })()",
    "(v) => { 'use strict'; v.twice = 4; v.more = 1; return v.twice === 8 && v.double() === 8 && v.more === 1 && Object.keys(v).join() === 'n,more' }",
  ),
  same(
    "an object that inherits from it",
    "{ a: 1, f() { return 2 } }",
    "(v) => { 'use strict'; const child = Object.create(v); child.a = 5; child.b = 6; return child.a === 5 && child.f() === 2 && v.a === 1 && !('b' in v) && Object.keys(child).join() === 'a,b' }",
  ),
].map((one) => ({ ...one, guardedOnly: true }));

const ITERATORS: readonly ValueCase[] = [
  same("an iterator", "[1, 2, 3].values()", "(v) => [...v].join() === '1,2,3'"),
  same(
    "a generator",
    "(function* () { const got = yield 1; yield got * 2; return 9 })()",
    "(v) => { const a = v.next(); const b = v.next(21); const c = v.next(); return a.value === 1 && b.value === 42 && c.value === 9 && c.done === true }",
  ),
  same("an iterable object", "{ *[Symbol.iterator]() { yield 'a'; yield 'b' } }", "(v) => [...v].join('') === 'ab'"),
  same(
    "an asynchronous generator",
    "(async function* () { yield 1; await null; yield 2 })()",
    "async (v) => { const got = []; for await (const x of v) got.push(x); return got.join() === '1,2' }",
  ),
  same(
    "an early end",
    "(() => { const log = []; return { log: () => log.join(), *[Symbol.iterator]() { try { yield 1; yield 2 } finally { log.push('closed') } } } })()",
    "(v) => { for (const x of v) break; return v.log() === 'closed' }",
  ),
];

const PROMISES: readonly ValueCase[] = [
  same("a promise", "Promise.resolve({ a: 1 })", "async (v) => v instanceof Promise && (await v).a === 1"),
  same(
    "a later one",
    "new Promise((r) => Promise.resolve().then(() => Promise.resolve()).then(() => r('late')))",
    "async (v) => (await v) === 'late'",
  ),
  same(
    "a rejected one",
    "Promise.reject(new TypeError('no'))",
    "async (v) => { try { await v } catch (e) { return e instanceof TypeError && e.message === 'no' } }",
  ),
  same(
    "an asynchronous function",
    "async (f) => { const x = await f(1); return (await f(x)) + 1 }",
    "async (v) => (await v(async (x) => { await null; return x + 10 })) === 22",
  ),
  same("promises of functions", "Promise.resolve((x) => x + 1)", "async (v) => (await v)(1) === 2"),
  same(
    "promises in parallel",
    "(f) => Promise.all([f(1), f(2), f(3)])",
    "async (v) => { let running = 0, most = 0; const r = await v(async (x) => { most = Math.max(most, ++running); await null; await null; running--; return x * 2 }); return r.join() === '2,4,6' && most === 3 }",
  ),
];

const ERRORS: readonly ValueCase[] = [
  same(
    "an error",
    "new SyntaxError('bad')",
    "(v) => v instanceof SyntaxError && v instanceof Error && v.message === 'bad' && String(v) === 'SyntaxError: bad'",
  ),
  same(
    "an error with another name",
    "Object.assign(new Error('m'), { name: 'Custom' })",
    "(v) => v instanceof Error && v.name === 'Custom' && v.message === 'm'",
  ),
  same(
    "an error in data",
    "{ errors: [new TypeError('a')] }",
    "(v) => v.errors[0] instanceof TypeError && v.errors[0].message === 'a'",
  ),
];

const IDENTITY: readonly ValueCase[] = [
  same("the same function twice", "(() => { const f = () => {}; return () => f })()", "(v) => v() === v()"),
  same(
    "the same object twice",
    "(() => { const o = { f() {} }; return { get: () => o, is: (x) => x === o } })()",
    "(v) => v.get() === v.get() && v.is(v.get())",
  ),
  same(
    "what comes home",
    "(x) => x",
    "(v) => { const f = () => {}, o = { f }, e = new Error('x'); return v(f) === f && v(o) === o && v(e) === e && v(v) === v }",
  ),
  same(
    "a copy is another object",
    "(x) => x",
    "(v) => { const d = { a: [1] }; const c = v(d); return c !== d && c.a !== d.a && c.a[0] === 1 }",
  ),
  same("a promise that comes home", "(x) => x", "(v) => { const p = Promise.resolve(1); return v(p) === p }"),
  same(
    "an error twice",
    "(() => { const e = new Error('x'); return () => { throw e } })()",
    "(v) => { const got = []; for (let i = 0; i < 2; i++) try { v() } catch (e) { got.push(e) } return got[0] === got[1] }",
  ),
];

const OPEN: readonly ValueCase[] = [
  same(
    "a class and its instances",
    "class A { static B = class B extends A {} }",
    "(v) => new v() instanceof v && new v.B() instanceof v && !({} instanceof v) && Object.getPrototypeOf(new v()) === v.prototype && new v().constructor === v",
  ),
  same(
    "prototypes of the language are this side's",
    "{ f() {} }",
    "(v) => Object.getPrototypeOf(v) === Object.prototype && Object.getPrototypeOf(v.f) === Function.prototype",
  ),
  same(
    "an object can be changed",
    "{ a: 1, f() { return this.a } }",
    "(v) => { v.a = 5; v.b = () => 6; delete v.f; return v.a === 5 && v.b() === 6 && !('f' in v) }",
  ),
  same(
    "a property can be defined",
    "{ f() { return Object.keys(this).join() } }",
    "(v) => { Object.defineProperty(v, 'h', { value: 3, enumerable: false, configurable: true }); Object.defineProperty(v, 'g', { get: () => 4, enumerable: true, configurable: true }); return v.h === 3 && v.g === 4 && v.f() === 'f,g' }",
  ),
  same(
    "a list can be changed",
    "(() => { const l = [() => 1]; return { l, size: () => l.length } })()",
    "(v) => { v.l.push(() => 2); v.l.length; return v.size() === 2 && v.l[1]() === 2 && v.l.pop()() === 2 && v.size() === 1 }",
  ),
  same(
    "a prototype can be extended",
    "(() => { function Lib() {} return { Lib, make: () => new Lib() } })()",
    "(v) => { v.Lib.prototype.plugin = (x) => x + 1; return v.make().plugin(1) === 2 }",
  ),
  same(
    "an error's own data and class",
    "(() => { class Bad extends Error { constructor(m) { super(m); this.name = 'Bad'; this.issues = [{ path: ['a'] }] } format() { return 'formatted ' + this.message } } return { Bad, run() { throw new Bad('m') } } })()",
    "(v) => { try { v.run() } catch (e) { return e instanceof v.Bad && e instanceof Error && e.issues[0].path[0] === 'a' && e.format() === 'formatted m' && e.name === 'Bad' } }",
  ),
  same(
    "the stack of an error",
    "() => { null.x }",
    "(v) => { try { v() } catch (e) { return e instanceof TypeError && e.stack.length > 10 } }",
  ),
  same(
    "a proxy of its own, whose traps run",
    "(() => { const log = []; const draft = new Proxy({ n: 1 }, { set(t, k, v) { log.push(k); t[k] = v; return true } }); return { draft, log: () => log.join(), run(f) { f(draft); return draft.n }, is: (x) => x === draft } })()",
    "(v) => v.run((d) => { d.n += 4 }) === 5 && v.log() === 'n' && v.is(v.draft) && v.draft.n === 5",
  ),
  same(
    "a proxy of a list, in data",
    "(() => { const list = Proxy.revocable([1, 2], {}).proxy; return { list, size: () => list.length } })()",
    "(v) => { v.list.push(3); return Array.isArray(v.list) && [...v.list].join() === '1,2,3' && v.size() === 3 }",
  ),
  same(
    "a proxy of a class",
    "new Proxy(class A { n = 1 }, { construct: (t, args) => Object.assign(new t(), { args }) })",
    "(v) => { const a = new v(7); return a.n === 1 && a.args[0] === 7 }",
  ),
].map((one) => ({ ...one, openOnly: true }));

export const VALUE_CASES: readonly ValueCase[] = [
  ...PRIMITIVES,
  ...DATA,
  ...FUNCTIONS,
  ...OBJECTS,
  ...WRITES,
  ...ITERATORS,
  ...PROMISES,
  ...ERRORS,
  ...IDENTITY,
  ...OPEN,
];
