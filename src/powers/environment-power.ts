/**
 * The power `environment`: variables by name, those that the host chose and no others.
 *
 * @module
 */
import { M } from "../passable/index.ts";
import { makePower } from "./power.ts";

export interface EnvironmentPower {
  /** Undefined for what there is not, and for what was not granted: one cannot tell which. */
  readonly get: (name: string) => string | undefined;
  /** Of those that there are, in the order of the host's record. */
  readonly names: () => readonly string[];
}

export const ENVIRONMENT_NAME_LENGTH_MAX = 1024;
export const ENVIRONMENT_VARIABLES_MAX = 10_000;

const guard = M.interface("environment", {
  get: M.call(M.named("name", M.string({ lengthMax: ENVIRONMENT_NAME_LENGTH_MAX })))
    .returns(M.optional(M.string()))
    .reads(),
  names: M.call()
    .returns(M.array(M.string(), { lengthMax: ENVIRONMENT_VARIABLES_MAX }))
    .reads(),
});

/**
 * The variables are copied now. With `names`, only these of them: `makeEnvironmentPower(process.env, { names: ["LANG"] })`;
 * a name at whose end stands `*` means all that begin so.
 */
export function makeEnvironmentPower(
  variables: { readonly [name: string]: string | undefined },
  options: { readonly names?: readonly string[] } = {},
): EnvironmentPower {
  const granted = new Map<string, string>();
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined && isGranted(name, options.names)) granted.set(name, value);
  }
  if (granted.size > ENVIRONMENT_VARIABLES_MAX) {
    throw new RangeError(`variables: expected at most ${ENVIRONMENT_VARIABLES_MAX}, got ${granted.size}`);
  }
  return makePower("environment", guard, {
    get: (name) => granted.get(name),
    names: () => [...granted.keys()],
  });
}

function isGranted(name: string, names: readonly string[] | undefined): boolean {
  if (names === undefined) return true;
  return names.some((granted) => (granted.endsWith("*") ? name.startsWith(granted.slice(0, -1)) : name === granted));
}
