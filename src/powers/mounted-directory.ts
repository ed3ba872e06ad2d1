/**
 * Several directories as one, each under a name of its own: what a guest with several folders sees as its root. The root
 * itself, and folders on the way to a mount, hold nothing but the mounts and cannot be changed.
 *
 * @module
 */
import type { Directory, DirectoryEntry, EntryStat } from "./directory.ts";
import { PowerError } from "./errors.ts";
import { MEMORY_EPOCH } from "./memory-directory.ts";
import { assertPath, compareNames, isWithin } from "./path.ts";

const FOLDER: EntryStat = Object.freeze({
  type: "directory",
  size: 0,
  links: 1,
  identity: undefined,
  accessed: MEMORY_EPOCH,
  modified: MEMORY_EPOCH,
  changed: MEMORY_EPOCH,
  target: undefined,
});

interface Place {
  readonly mount: string;
  readonly directory: Directory;
  /** Seen from the mount. */
  readonly path: string;
}

/** Where paths lead. */
class Mounts {
  readonly #mounts: { readonly [path: string]: Directory };
  readonly #names: readonly string[];

  constructor(mounts: { readonly [path: string]: Directory }) {
    this.#mounts = { ...mounts };
    this.#names = Object.keys(mounts);
    for (const name of this.#names) {
      assertPath(name);
      if (name === "" || this.#names.some((other) => other !== name && isWithin(name, other)))
        throw new PowerError("invalid-path", `mounts: ${JSON.stringify(name)} is empty, or lies inside of another`);
    }
  }

  find(path: string): Place | undefined {
    assertPath(path);
    const mount = this.#names.find((name) => isWithin(path, name));
    if (mount === undefined) return undefined;
    return { mount, directory: this.#mounts[mount] as Directory, path: path.slice(mount.length + 1) };
  }

  /** The mounts below a folder that is none itself. */
  below(path: string): readonly string[] {
    const found = this.#names.filter((name) => isWithin(name, path));
    if (found.length === 0 && path !== "") throw new PowerError("not-found");
    return found;
  }

  /** The place of something that can be opened. */
  inside(path: string): Place {
    const place = this.find(path);
    if (place !== undefined) return place;
    this.below(path);
    throw new PowerError("is-directory");
  }

  changeable(path: string): Place {
    const place = this.find(path);
    if (place === undefined || place.path === "") throw new PowerError("read-only", "only what is in a mount changes");
    return place;
  }

  together(path: string, newPath: string): readonly [Place, Place] {
    const places = [this.changeable(path), this.changeable(newPath)] as const;
    if (places[0].mount !== places[1].mount) throw new PowerError("cross-device");
    return places;
  }
}

/**
 * @param directories by canonical path (`data`, `a/b`); none may lie inside of another
 * @throws PowerError `invalid-path`
 */
export function makeMountedDirectory(directories: { readonly [path: string]: Directory }): Directory {
  const mounts = new Mounts(directories);
  return Object.freeze<Directory>({
    stat(path) {
      const place = mounts.find(path);
      if (place !== undefined) return place.directory.stat(place.path);
      mounts.below(path);
      return FOLDER;
    },
    list(path) {
      const place = mounts.find(path);
      if (place !== undefined) return place.directory.list(place.path);
      const start = path === "" ? 0 : path.length + 1;
      const children = new Set(mounts.below(path).map((name) => name.slice(start).split("/")[0] as string));
      return [...children].sort(compareNames).map((name): DirectoryEntry => ({ name, type: "directory" }));
    },
    read(path, range) {
      const place = mounts.inside(path);
      return place.directory.read(place.path, range);
    },
    write(path, data) {
      const place = mounts.inside(path);
      return place.directory.write(place.path, data);
    },
    create(path, entry) {
      if (entry.type === "link") {
        const [existing, place] = mounts.together(entry.existing, path);
        return place.directory.create(place.path, { type: "link", existing: existing.path });
      }
      const place = mounts.changeable(path);
      place.directory.create(place.path, entry);
    },
    update(path, update) {
      const place = mounts.inside(path);
      place.directory.update(place.path, update);
    },
    rename(path, newPath) {
      const [from, to] = mounts.together(path, newPath);
      from.directory.rename(from.path, to.path);
    },
    remove(path, type) {
      const place = mounts.changeable(path);
      place.directory.remove(place.path, type);
    },
  });
}
