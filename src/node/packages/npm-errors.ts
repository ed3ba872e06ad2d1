/**
 * What npm's libraries throw, as errors of ours: which package, what happened, what to do. No address of a registry and no path is
 * in the sentence; they are in the cause, for whoever looks.
 *
 * @module
 */
import { LibraryError, type LibraryErrorCode } from "../../library/index.ts";

const NETWORK_CODES = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTCACHED",
  "EIDLETIMEOUT",
  "ECONNECTIONTIMEOUT",
  "ERESPONSETIMEOUT",
  "ETRANSFERTIMEOUT",
  "FETCH_ERROR",
  "ERR_SOCKET_TIMEOUT",
  "UND_ERR_SOCKET",
]);
const CONNECT_REMEDY = "connect to it once, so that the cache has it, or check npm's configuration (`npm ping`)";

/** Lets the caller say which package it was about. */
export function toLibraryError(error: unknown, about: string): LibraryError {
  if (error instanceof LibraryError) return error;
  const code = textField(error, "code");
  const name = packageOf(error) ?? about;
  const made = (kind: LibraryErrorCode, sentence: string): LibraryError =>
    new LibraryError(kind, `${name}: ${sentence}`, { package: name, cause: error });
  if (isNetworkCode(code)) return made("network", `the registry cannot be reached (${code}); ${CONNECT_REMEDY}`);
  if (code === "E401" || code === "E403") {
    return made("network", `the registry refuses access (${code}); check npm's configuration (\`npm login\`)`);
  }
  switch (code) {
    case "E404":
      return made("not-found", "the registry knows no such package; check the name");
    case "ETARGET":
    case "ENOVERSIONS":
      return made("not-found", "the registry has no such version; check the range");
    case "EINVALIDPACKAGENAME":
    case "EINVALIDTAGNAME":
    case "EUNSUPPORTEDPROTOCOL":
      return made("not-found", `names no package that a registry could have (${code})`);
    case "ENOENT":
      return made("not-found", "no such file or folder");
    case "EINTEGRITY":
      return made(
        "integrity",
        "what came is not what was promised; it was thrown away; try again, or another registry",
      );
    case "ERESOLVE":
      return made("broken-package", "its peer dependencies contradict each other; import it with a version that fits");
    case "EJSONPARSE":
      return made("broken-package", "its package.json is not JSON; choose another version");
  }
  if (code.startsWith("EALLOW")) {
    return made(
      "broken-package",
      "depends on what comes from no registry (a repository, a folder, an address); that is not fetched",
    );
  }
  return made(
    "broken-package",
    `cannot be unpacked (${code === "" ? messageOf(error) : code}); choose another version`,
  );
}

export function isNetworkFailure(error: unknown): boolean {
  return isNetworkCode(textField(error, "code"));
}

function isNetworkCode(code: string): boolean {
  return NETWORK_CODES.has(code) || /^E5\d\d$/.test(code) || code === "E429";
}

function textField(error: unknown, field: string): string {
  if (typeof error !== "object" || error === null) return "";
  const value: unknown = Reflect.get(error, field);
  return typeof value === "string" ? value : "";
}

/** npm names the package in some of its errors: "name@range", or the specification it was parsed to. */
function packageOf(error: unknown): string | undefined {
  const spec = textField(error, "pkgid") || textField(error, "package");
  return /^(@[^/@\s]+\/)?[^/@\s]+(@[^\s/]*)?$/.test(spec) ? spec : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : "unknown reason";
}
