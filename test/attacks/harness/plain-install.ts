/**
 * Installs a project as npm does, lifecycle scripts included (which is how these attacks came in; npm asks first only since
 * 2026). Runs in a process of its own, with the sandbox's environment. Arguments: the project's folder.
 *
 * @module
 */
import Arborist from "@npmcli/arborist";

interface Installer {
  reify(): Promise<unknown>;
}

const arborist: unknown = new Arborist({
  path: process.argv[2]!,
  installLinks: true,
  offline: true,
  audit: false,
  dangerouslyAllowAllScripts: true,
  cache: `${process.env.HOME}/../npm-cache`,
});
await (arborist as Installer).reify();
