/**
 * The user's configuration of npm: registries, authentication, proxies, certificates. Read by npm's own code from where npm
 * reads it (environment, the project's, the user's and the machine's `.npmrc`), so that whoever can install a package can import it.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import Config from "@npmcli/config";
import npmDefinitions from "@npmcli/config/lib/definitions/index.js";

/** Options for npm's libraries; secrets are among them, so they go nowhere else. */
export interface NpmOptions {
  readonly [option: string]: unknown;
}

export interface NpmConfigInit {
  readonly folder: string;
  readonly environment: { readonly [name: string]: string | undefined };
}

export async function readNpmOptions(init: NpmConfigInit): Promise<NpmOptions> {
  const config = new Config({
    ...npmDefinitions,
    // Where npm's own file of settings would be; a library has none.
    npmPath: fileURLToPath(new URL(".", import.meta.url)),
    argv: [],
    env: init.environment,
    cwd: init.folder,
    warn: false,
  });
  await config.load();
  const isDefault = (name: string): boolean => config.find(name) === "default";
  return {
    ...config.flat,
    // npm waits ten seconds before it tries again: too long for an import that may find everything in the cache.
    ...(isDefault("fetch-retries") ? { fetchRetries: 1 } : {}),
    ...(isDefault("fetch-retry-mintimeout") ? { fetchRetryMintimeout: 500 } : {}),
  };
}
