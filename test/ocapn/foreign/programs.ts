/**
 * What one peer offers and what another does with it, written once and run by Caper and by Endo on either end: both have `E` and `Far`.
 *
 * @module
 */

/** What a system gives its programs. */
export interface Kit {
  // Types of far references differ between systems; what comes back is compared by the test.
  readonly E: (target: unknown) => any;
  readonly Far: <T extends object>(name: string, object: T) => T;
  readonly makeBytes: (bytes: readonly number[]) => unknown;
  readonly readBytes: (value: unknown) => readonly number[];
}

/** How a program reaches others: their desk, by sturdyref. */
export type Fetch = (uri: string) => Promise<unknown>;

export interface Desk {
  readonly own: object;
  /** Whether a counter that it made is gone, told by what it counted from. */
  readonly isCollected: (count: number) => boolean;
}

/** The object that each side serves. */
export function makeDesk({ E, Far }: Kit): Desk {
  let kept: unknown;
  const collected = new Set<number>();
  const registry = new FinalizationRegistry((count: number) => collected.add(count));
  const isCollected = (count: number) => collected.has(count);
  const makeCounter = (count: number): object => {
    const counter = Far("counter", { next: () => makeCounter(count + 1), value: () => count });
    registry.register(counter, count);
    return counter;
  };
  const own = Far("desk", {
    greet: (name: string) => `Hello, ${name}!`,
    echo: (value: unknown) => value,
    counter: (count: number) => makeCounter(count),
    fail: (message: string) => {
      throw new TypeError(message);
    },
    later: () => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      return [promise, Far("resolver", { fulfill: resolve, break: (text: string) => reject(new Error(text)) })];
    },
    call: (target: unknown, value: unknown) => E(target)(value),
    ask: (counter: unknown) => E(counter).value(),
    forget: () => "forgotten",
    keep: (counter: unknown) => {
      kept = counter;
    },
    askKept: () => E(kept).value(),
    drop: () => {
      kept = undefined;
    },
    isCollected,
  });
  return { own, isCollected };
}

/** Every kind of plain data. */
export const VALUES: readonly unknown[] = [
  true,
  1.5,
  7n,
  -(2n ** 70n),
  "Grüße",
  null,
  undefined,
  [],
  { name: "Ben", tags: ["x"] },
];

/** Endo passes only what cannot change. */
function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** In functions of their own: the engine keeps what a waiting function has had in its hands. */
async function valueOfNew({ E, desk, count }: { E: Kit["E"]; desk: unknown; count: number }): Promise<unknown> {
  const held: { counter?: unknown } = { counter: await E(desk).counter(count) };
  const value = await E(held.counter).value();
  // Endo never collects what is dropped by a message that comes together with one for it.
  await settle();
  delete held.counter;
  return value;
}

async function giveNew(given: { E: Kit["E"]; other: unknown; own: object; count: number }): Promise<void> {
  const { E, other, own, count } = given;
  await E(other).keep(await E(own).counter(count));
}

/** A program at work, on the side that calls. */
interface Context {
  readonly kit: Kit;
  readonly fetch: Fetch;
  readonly desk: Desk;
}

type Program = (context: Context, ...uris: readonly string[]) => Promise<unknown>;

/** Each answers data alone, which the test compares. */
const PROGRAMS: { readonly [name: string]: Program } = {
  deliver: async ({ kit: { E }, fetch }: Context, uri: string) => E(await fetch(uri)).greet("Alyssa"),

  async values({ kit: { E, makeBytes, readBytes }, fetch }: Context, uri: string) {
    const desk = await fetch(uri);
    const answer = await E(desk).echo(frozen([...VALUES]));
    return [...answer, readBytes(await E(desk).echo(makeBytes([0, 255, 7])))];
  },

  async pipeline({ kit: { E }, fetch }: Context, uri: string) {
    const first = E(await fetch(uri)).counter(1);
    return await E(E(E(first).next()).next()).value();
  },

  async error({ kit: { E }, fetch }: Context, uri: string) {
    const failure = E(await fetch(uri)).fail("no such horse");
    const broken = E(failure).next();
    const messages = [failure, broken].map((promise) =>
      promise.then(
        () => false,
        // Where errors have no names on the wire, the message begins with it.
        (error: Error) => error.message.endsWith("no such horse"),
      ),
    );
    return await Promise.all(messages);
  },

  async fulfil({ kit: { E }, fetch }: Context, uri: string) {
    const [promise, resolver] = await E(await fetch(uri)).later();
    E(resolver).fulfill("at last");
    return await promise;
  },

  async break({ kit: { E }, fetch }: Context, uri: string) {
    const [promise, resolver] = await E(await fetch(uri)).later();
    E(resolver).break("never");
    return await promise.catch((error: Error) => error.message);
  },

  /** The desk calls back, by an argument that is still a promise. */
  async callback({ kit: { E, Far }, fetch }: Context, uri: string) {
    const { promise, resolve } = Promise.withResolvers<object>();
    const answer = E(await fetch(uri)).call(promise, "Ben");
    await settle();
    resolve(Far("shouter", (text: string) => text.toUpperCase()));
    return await answer;
  },

  /** References that come home are what they were. */
  async identity({ kit: { E, Far }, fetch }: Context, uri: string) {
    const desk = await fetch(uri);
    const mine = Far("mine", {});
    const theirs = await E(desk).counter(1);
    return [(await E(desk).echo(mine)) === mine, (await E(desk).echo(theirs)) === theirs];
  },

  /** The other side collects what it gave us, once we hold it no longer: asked until it has. */
  async collectTheirs({ kit: { E }, fetch }: Context, uri: string) {
    const desk = await fetch(uri);
    const count = Math.random();
    const value = await valueOfNew({ E, desk, count });
    while (!(await E(desk).isCollected(count))) await settle();
    return value === count;
  },

  /** The other side lets go of what we gave it, and then nothing holds it here. */
  async collectOurs({ kit: { E }, fetch, desk }: Context, uri: string) {
    const other = await fetch(uri);
    const count = Math.random();
    await giveNew({ E, other, own: desk.own, count });
    for (let turn = 0; turn < 10; turn++) await settle();
    const isHeld = !desk.isCollected(count) && (await E(other).askKept()) === count;
    await E(other).drop();
    while (!desk.isCollected(count)) await settle();
    return isHeld;
  },

  /** We introduce an object of the first to the second, which calls it. */
  async introduce({ kit: { E }, fetch }: Context, exporter: string, receiver: string) {
    const counter = await E(await fetch(exporter)).counter(41);
    return await E(await fetch(receiver)).ask(counter);
  },

  /** The same with an answer that has not come yet. */
  async introducePromise({ kit: { E }, fetch }: Context, exporter: string, receiver: string) {
    const [from, to] = await Promise.all([fetch(exporter), fetch(receiver)]);
    return await E(to).ask(E(E(from).counter(41)).next());
  },

  /** The second keeps it, to call it after we have gone. */
  async leave({ kit: { E }, fetch }: Context, exporter: string, receiver: string) {
    const counter = await E(await fetch(exporter)).counter(41);
    await E(await fetch(receiver)).keep(counter);
  },

  /** Of what was kept here. */
  askKept: ({ kit: { E }, desk }: Context) => E(desk.own).askKept(),
  async drop({ kit: { E }, desk }: Context) {
    await E(desk.own).drop();
  },
};

export function runProgram(name: string, context: Context, uris: readonly string[]): Promise<unknown> {
  return PROGRAMS[name]!(context, ...uris);
}
