/**
 * A library before it runs: its modules as text, and where such bundles come from.
 * @module
 */

/** What one package may have, and use up. */
export interface PackagePolicy {
  /** Powers by the name under which the package finds them; what the value says is for whoever makes the power. */
  readonly powers?: { readonly [name: string]: unknown };
  readonly gas?: number;
  readonly memoryBytes?: number;
  readonly gasPerCall?: number;
}

/** A package with an entry gets a process of its own; one without shares that of its importer. */
export interface Policy {
  readonly packages: { readonly [name: string]: PackagePolicy };
}

/** A package that a bundle imports from inside, by name: it has its own bundle, and its own process. */
export interface ConfinedPackage {
  readonly name: string;
  readonly bundle: LibraryBundle;
  readonly policy: PackagePolicy;
}

export interface LibraryBundle {
  readonly name: string;
  readonly version: string;
  /** A key of `modules`: it exports the package as Node's `import()` would give it (CommonJS: default and the names detected). */
  readonly entry: string;
  /** ES modules by name; what they import must be among them. */
  readonly modules: { readonly [name: string]: string };
  /** SHA-256 in hex of all that matters: the key of caches. */
  readonly hash: string;
  /** What went into it. */
  readonly packages: readonly { readonly name: string; readonly version: string }[];
  readonly confined?: readonly ConfinedPackage[];
}

/** Where bundles come from: a power. Fails with a `LibraryError`. */
export interface PackageSource {
  bundle(specifier: string, options?: { readonly policy?: Policy }): Promise<LibraryBundle>;
}
