/**
 * Which hosts an http power may speak to: origins, as in `https://api.example.com`, with `*.` for all subdomains (of any depth, not
 * the domain itself), and `https://*` for every host.
 *
 * @module
 */

/** Patterns in one power. */
export const ORIGINS_MAX = 1024;

export type OriginTest = (url: URL) => boolean;

/** Whether one of the patterns covers a URL. Throws `RangeError` for what is no pattern. */
export function makeOriginTest(patterns: readonly string[]): OriginTest {
  if (patterns.length > ORIGINS_MAX) {
    throw new RangeError(`origins: expected at most ${ORIGINS_MAX}, got ${patterns.length}`);
  }
  const tests = patterns.map(makeTest);
  return (url) => tests.some((test) => test(url));
}

function makeTest(pattern: string): OriginTest {
  const [, scheme, wild, host] = /^(https?):\/\/(\*\.|\*$)?([^/*?#@]*)$/.exec(pattern) ?? [];
  const isEvery = wild === "*";
  if (scheme === undefined || isEvery !== (host === "")) {
    throw new RangeError(
      `origins: expected such as "https://example.com", "https://*.example.com" or "https://*", got ${JSON.stringify(pattern)}`,
    );
  }
  const protocol = `${scheme}:`;
  if (isEvery) return (url) => url.protocol === protocol;
  // In the form that URLs have: lower case, punycode, no default port.
  const wanted = new URL(`${scheme}://${host}`);
  if (wild === undefined) return (url) => url.origin === wanted.origin;
  return (url) => url.protocol === protocol && url.port === wanted.port && url.hostname.endsWith(`.${wanted.hostname}`);
}
