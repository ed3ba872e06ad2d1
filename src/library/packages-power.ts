/**
 * The power `packages`: to import libraries, by name, from wherever its source has them.
 * @module
 */

import { M } from "../passable/index.ts";
import { makePower, PowerError } from "../powers/index.ts";
import type { LibraryBundle, PackageSource, Policy } from "./bundle.ts";
import { parseSpecifier, SPECIFIER_LENGTH_MAX } from "./packages/index.ts";

export interface PackagesPower {
  /** Everything that the package is made of, as text: nothing of it has run. */
  readonly bundle: (specifier: string, options?: { readonly policy?: Policy | undefined }) => Promise<LibraryBundle>;
}

const guard = M.interface("packages", {
  bundle: M.callWhen(M.named("specifier", M.string({ lengthMax: SPECIFIER_LENGTH_MAX })))
    // The source judges what a policy says, the compiler what hosts pass.
    .optional(M.named("options", M.partial({ policy: M.any<Policy>() })))
    .returns(M.any<LibraryBundle>())
    .reads(),
});

export interface PackagesPowerOptions {
  /**
   * Only these, by their names in the registry; one that ends in `/*` stands for a whole scope. Without this, everything that the
   * source finds: also tarballs by URL and folders of the host.
   */
  readonly packages?: readonly string[];
}

export function makePackagesPower(source: PackageSource, options: PackagesPowerOptions = {}): PackagesPower {
  const isGranted = (name: string): boolean =>
    options.packages?.some((granted) =>
      granted.endsWith("/*") ? name.startsWith(granted.slice(0, -1)) : name === granted,
    ) ?? true;
  return makePower("packages", guard, {
    async bundle(specifier, given) {
      if (options.packages !== undefined) {
        const parsed = parseSpecifier(specifier);
        if (parsed.kind !== "registry") throw new PowerError("not-granted", "a package from outside of the registry");
        if (!isGranted(parsed.name)) throw new PowerError("not-granted", `the package ${parsed.name}`);
      }
      return await source.bundle(specifier, given?.policy === undefined ? {} : { policy: given.policy });
    },
  });
}
