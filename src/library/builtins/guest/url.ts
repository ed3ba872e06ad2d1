/**
 * `url`: the web's classes, and the older functions over them and over a plain grammar of addresses (RFC 3986, appendix B).
 *
 * @module
 */
import { parse as parseQuery, type Query, stringify } from "./querystring.ts";
import { URL, URLSearchParams } from "./web-url.ts";

interface Parts {
  protocol: string | null;
  slashes: boolean | null;
  auth: string | null;
  host: string | null;
  port: string | null;
  hostname: string | null;
  hash: string | null;
  search: string | null;
  query: string | Query | null;
  pathname: string | null;
  path: string | null;
  href: string;
}

const ADDRESS = /^(?:([a-z][a-z0-9+.-]*):)?(\/\/)?(.*)$/is;
const SLASHED = new Set(["http:", "https:", "ftp:", "gopher:", "file:", "ws:", "wss:"]);
const HOSTLESS = new Set([...SLASHED, "javascript:"]);

class Url implements Parts {
  protocol: string | null = null;
  slashes: boolean | null = null;
  auth: string | null = null;
  host: string | null = null;
  port: string | null = null;
  hostname: string | null = null;
  hash: string | null = null;
  search: string | null = null;
  query: string | Query | null = null;
  pathname: string | null = null;
  path: string | null = null;
  href = "";

  format(): string {
    return format(this);
  }
  resolve(relative: string): string {
    return resolve(this.href, relative);
  }
}

/** With `isHostWithoutScheme`, `//host/path` has a host. */
function parse(address: string | Url, isQueryParsed = false, isHostWithoutScheme = false): Url {
  if (address instanceof Url) return address;
  if (typeof address !== "string") throw new TypeError('The "url" argument must be of type string');
  const parts = new Url();
  const [, scheme, slashes, after = ""] = ADDRESS.exec(address.trim().replaceAll("\\", "/")) ?? [];
  parts.protocol = scheme === undefined ? null : `${scheme.toLowerCase()}:`;
  // An address such as mailto: has its host without slashes.
  const hasBareHost = slashes === undefined && scheme !== undefined && !HOSTLESS.has(parts.protocol ?? "");
  const hasHost = hasBareHost || (slashes !== undefined && (scheme !== undefined || isHostWithoutScheme));
  let rest = slashes !== undefined && !hasHost ? slashes + after : after;
  if (hasHost) {
    if (slashes !== undefined) parts.slashes = true;
    const end = /[/?#]/.exec(rest)?.index ?? rest.length;
    readHost(parts, rest.slice(0, end));
    rest = rest.slice(end);
  }
  readTail(parts, rest, isQueryParsed);
  parts.href = format(parts);
  return parts;
}

function readHost(parts: Url, authority: string): void {
  const at = authority.lastIndexOf("@");
  if (at >= 0) parts.auth = decodeURIComponent(authority.slice(0, at));
  const [, name = "", port = ""] = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?/.exec(authority.slice(at + 1)) ?? [];
  parts.hostname = name.toLowerCase().replace(/^\[|\]$/g, "");
  parts.port = port === "" ? null : port;
  parts.host = name.toLowerCase() + (port === "" ? "" : `:${port}`);
}

function readTail(parts: Url, tail: string, isQueryParsed: boolean): void {
  const escaped = tail.replace(/[\s<>"`{}|^']/g, (character) =>
    character === "'" ? "%27" : encodeURIComponent(character),
  );
  const [, pathname = "", search, hash] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(escaped) ?? [];
  parts.hash = hash ?? null;
  parts.search = search ?? (isQueryParsed ? "" : null);
  parts.query = isQueryParsed ? parseQuery((search ?? "").slice(1)) : (search?.slice(1) ?? null);
  const needsRoot = pathname === "" && parts.host !== null && SLASHED.has(parts.protocol ?? "");
  parts.pathname = needsRoot ? "/" : pathname === "" ? null : pathname;
  parts.path = parts.pathname === null && parts.search === null ? null : (parts.pathname ?? "") + (parts.search ?? "");
}

function format(address: string | Partial<Parts> | globalThis.URL): string {
  if (typeof address === "string") return parse(address).href;
  if (address instanceof URL) return (address as globalThis.URL).href;
  const { auth, hash, hostname, pathname, port, query, slashes } = address as Partial<Parts>;
  const protocol = address.protocol == null || address.protocol === "" ? "" : address.protocol.replace(/:?$/, ":");
  const user = auth == null || auth === "" ? "" : `${encodeURIComponent(auth).replace("%3A", ":")}@`;
  const name = hostname == null ? null : hostname.includes(":") ? `[${hostname}]` : hostname;
  const host = address.host ?? (name === null ? null : name + (port == null ? "" : `:${port}`));
  const found = address.search ?? (typeof query === "object" && query !== null ? stringify(query) : (query ?? ""));
  const search = found === "" || found.startsWith("?") ? found : `?${found}`;
  const hasHost = slashes === true || (SLASHED.has(protocol) && host !== null);
  const path = pathname ?? "";
  const rooted = hasHost && path !== "" && !path.startsWith("/") ? `/${path}` : path;
  const mark = hash == null || hash === "" ? "" : hash.replace(/^#?/, "#");
  return `${protocol}${hasHost ? "//" : ""}${user}${host ?? ""}${rooted.replace(/[?#]/g, encodeURIComponent)}${search.replaceAll("#", "%23")}${mark}`;
}

/** By the web's rules, on a base of our own where there is none. */
function resolve(from: string, to: string): string {
  const invented = "resolve://relative";
  const base = new URL(from, `${invented}/`);
  const found = new URL(to, base);
  if (found.href.startsWith(invented)) {
    const path = found.pathname + found.search + found.hash;
    return from.startsWith("/") || to.startsWith("/") ? path : path.slice(1);
  }
  return found.href;
}

function fileURLToPath(address: string | globalThis.URL): string {
  const url = typeof address === "string" ? new URL(address) : address;
  if (url.protocol !== "file:") {
    throw Object.assign(new TypeError("The URL must be of scheme file"), { code: "ERR_INVALID_URL_SCHEME" });
  }
  return decodeURIComponent(url.pathname);
}

function pathToFileURL(path: string): globalThis.URL {
  const absolute = path.startsWith("/") ? path : `/${path}`;
  return new URL(`file://${encodeURI(absolute).replaceAll("?", "%3F").replaceAll("#", "%23")}`);
}

const resolveObject = (from: string, to: string): Url => parse(resolve(from, to));
const urlToHttpOptions = (url: globalThis.URL): object => ({ ...parse(url.href), href: url.href });

const exported: object = {
  URL,
  URLSearchParams,
  Url,
  domainToASCII: (domain: string): string =>
    URL.canParse(`http://${domain}`) ? new URL(`http://${domain}`).hostname : "",
  fileURLToPath,
  format,
  parse,
  pathToFileURL,
  resolve,
  resolveObject,
  urlToHttpOptions,
};

export default exported;
