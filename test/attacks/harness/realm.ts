/**
 * A fingerprint of what code in one realm can change for all others in it: prototypes, built-in functions, the network's and the
 * wallet's entry points, classes of other packages.
 *
 * @module
 */
import type { Lookalike } from "./case.ts";
import { HONEST_ADDRESS } from "./sink.ts";

const INTRINSICS: readonly (readonly [name: string, value: object])[] = [
  ["Object.prototype", Object.prototype],
  ["Function.prototype", Function.prototype],
  ["Array.prototype", Array.prototype],
  ["String.prototype", String.prototype],
  ["Promise.prototype", Promise.prototype],
  ["Error", Error],
  ["JSON", JSON],
  ["Math", Math],
  ["Reflect", Reflect],
  ["console", console],
];

export type Realm = ReadonlyMap<string, unknown>;

function record(into: Map<string, unknown>, name: string, target: object): void {
  for (const key of Reflect.ownKeys(target)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(target, key);
    into.set(`${name}.${String(key)}`, descriptor?.value ?? descriptor?.get);
  }
}

/** The provider of a wallet, as browsers have one. It answers what it was asked to pay, and to whom. */
export function installWallet(): void {
  Reflect.set(globalThis, "ethereum", {
    request: (message: { readonly params: readonly unknown[] }) => message.params[0],
  });
}

export function fingerprint(siblings: { readonly [name: string]: Lookalike }): Realm {
  const realm = new Map<string, unknown>();
  for (const [name, value] of INTRINSICS) record(realm, name, value);
  realm.set("fetch", globalThis.fetch);
  const wallet: Lookalike = Reflect.get(globalThis, "ethereum");
  if (wallet !== undefined) record(realm, "ethereum", wallet);
  for (const [name, module] of Object.entries(siblings)) {
    for (const [key, value] of Object.entries(module)) {
      realm.set(`${name}.${key}`, value);
      if (typeof value === "function" && value.prototype) record(realm, `${name}.${key}.prototype`, value.prototype);
    }
  }
  return realm;
}

export function differences(before: Realm, after: Realm): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).map((name) => `patched ${name}`);
}

/** What a user of the page pays: the address must be the one that the application's host named. */
export async function payInvoice(honest: string): Promise<unknown> {
  const invoice = (await (await fetch(`${honest}/invoice`)).json()) as { readonly payTo: string };
  const wallet: Lookalike = Reflect.get(globalThis, "ethereum");
  const payment = await wallet.request({ method: "eth_sendTransaction", params: [{ to: HONEST_ADDRESS }] });
  return [invoice.payTo, payment.to];
}
