/**
 * Which package of a tree a file belongs to, and which one an import leads to.
 *
 * @module
 */
import { join, posix, sep } from "node:path";
import type { LibraryBundle } from "../../library/index.ts";
import type { Origin } from "./origin.ts";
import type { TreePackage } from "./tree.ts";

export interface Locator {
  /** Name and version of the package that a file is in. */
  label(path: string): string;
  /** The package itself; undefined for a project's own files. */
  place(file: string): TreePackage | undefined;
  /** What an import of a package by a file leads to. */
  dependency(name: string, importer: string): TreePackage | undefined;
  /** The folder from which the bare name leads to it. */
  holder(place: TreePackage): string;
  /** Whether it is the one that the name means at the top of the tree. */
  isFirst(place: TreePackage): boolean;
  /** Of files relative to the tree's folder. */
  packages(files: readonly string[]): LibraryBundle["packages"];
}

export function makeLocator({ folder, tree, name, version }: Origin): Locator {
  const places = new Map(tree.packages.map((one) => [one.location, one]));
  const local = (path: string): string =>
    (path.startsWith(folder + sep) ? path.slice(folder.length + 1) : path).replaceAll(sep, "/");
  const placeOf = (file: string): TreePackage | undefined => {
    for (let path = local(file); path !== "." && path !== "/"; path = posix.dirname(path)) {
      const place = places.get(path);
      if (place !== undefined) return place;
    }
    return undefined;
  };
  const labelOf = (file: string): string => {
    const place = placeOf(file) ?? { name, version };
    return `${place.name}@${place.version}`;
  };
  return {
    label: labelOf,
    place: placeOf,
    dependency(wanted, importer) {
      for (let path = posix.dirname(local(importer)); ; path = posix.dirname(path)) {
        const place = places.get(posix.join(path, "node_modules", wanted));
        if (place !== undefined || path === "." || path === "/") return place;
      }
    },
    holder: ({ location }) => join(folder, location.slice(0, location.lastIndexOf("node_modules"))),
    isFirst: (place) => place.location === `node_modules/${place.name}`,
    packages(files) {
      const found = new Map(files.map((file) => [labelOf(file), placeOf(file) ?? { name, version }]));
      return [...found]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, one]) => ({ name: one.name, version: one.version }));
    },
  };
}
