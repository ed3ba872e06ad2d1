/**
 * `URL` and `URLSearchParams`, by whatwg-url.
 *
 * @module
 */
import { URLSearchParams as searchClass, URL as urlClass } from "whatwg-url/webidl2js-wrapper";

interface Realm {
  URL?: typeof globalThis.URL;
  URLSearchParams?: typeof globalThis.URLSearchParams;
}

const realm: Realm & { readonly [name: string]: unknown } = { Array, Object, Promise, String, TypeError };
urlClass.install(realm, ["Worker"]);
searchClass.install(realm, ["Worker"]);

function installed<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError("whatwg-url: nothing was installed");
  return value;
}

export const URL: typeof globalThis.URL = installed(realm.URL);
export const URLSearchParams: typeof globalThis.URLSearchParams = installed(realm.URLSearchParams);
