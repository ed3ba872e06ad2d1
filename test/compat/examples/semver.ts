import type { Library } from "../example.ts";

export async function example({ default: semver, SemVer, Range }: Library): Promise<unknown> {
  const version = new SemVer("1.2.3-beta.4+build");
  return {
    valid: [semver.valid("1.2.3"), semver.valid("a.b.c"), semver.clean("  =v1.2.3   ")],
    satisfies: semver.satisfies("1.2.3", "1.x || >=2.5.0 || 5.0.0 - 7.2.3"),
    compare: [semver.gt("1.2.3", "9.8.7"), semver.lt("1.2.3", "9.8.7"), semver.diff("1.2.3", "1.3.0")],
    min: semver.minVersion(">=1.0.0").version,
    coerce: [semver.valid(semver.coerce("v2")), semver.valid(semver.coerce("42.6.7.9.3-alpha"))],
    inc: [semver.inc("1.2.3", "prerelease", "beta"), semver.inc("1.2.3", "major")],
    parts: [version.major, version.prerelease, version.build, `${version}`, version.compare("1.2.3")],
    range: [new Range("^1.2.3 || ~2.0").range, new Range("^1.2").test("1.9.0")],
    sorted: semver.sort(["3.0.0", "1.2.3-rc", "1.2.3"]),
    max: semver.maxSatisfying(["1.2.3", "1.2.9", "2.0.0"], "^1.2"),
    subset: semver.subset("~1.2", "^1"),
  };
}

export function call({ satisfies }: Library): unknown {
  return satisfies("1.2.3", "^1.0.0");
}
