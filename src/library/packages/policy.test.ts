import { describe, expect, it } from "vitest";
import {
  formatPolicy,
  POLICY_ITEMS_MAX,
  POLICY_LENGTH_MAX,
  POLICY_PACKAGES_MAX,
  PolicyError,
  parsePolicy,
} from "./policy.ts";

const policy = (packages: unknown, rest: object = {}): unknown => ({ version: 1, packages, ...rest });

describe("caper.policy.json", () => {
  it("gives each package its powers, and the defaults where it says nothing", () => {
    const parsed = parsePolicy(
      JSON.stringify(
        policy(
          {
            marked: {},
            "@scope/got": {
              powers: {
                http: { origins: ["https://api.example.com"], methods: ["GET"], rate: { requests: 10, perMs: 1000 } },
                environment: { names: ["LANG"] },
                directory: { path: "./data", readOnly: true },
                console: true,
                store: { prefix: "got/" },
              },
              gas: 7,
            },
          },
          { defaults: { gas: 5, memoryBytes: 6 } },
        ),
      ),
    );
    expect(parsed.packages.marked).toEqual({ gas: 5, memoryBytes: 6 });
    expect(parsed.packages["@scope/got"]).toMatchObject({
      gas: 7,
      memoryBytes: 6,
      powers: { environment: { names: ["LANG"] } },
    });
    expect(parsePolicy(formatPolicy(parsed))).toEqual(parsed);
    expect(formatPolicy({ packages: { b: {}, a: {} } })).toBe(formatPolicy({ packages: { a: {}, b: {} } }));
  });

  it("refuses what it does not know, and says where", () => {
    const wrong: readonly (readonly [value: unknown, path: string, sentence: string])[] = [
      ["{", "", "is not JSON"],
      [null, "", "expected an object, got null"],
      [[], "", "expected an object, got a list"],
      [{ packages: {} }, "version", "is missing"],
      [{ version: 1 }, "packages", "is missing"],
      [{ version: 2, packages: {} }, "version", "another version of Caper"],
      [policy({}, { extra: 1 }), "extra", "known are version, defaults, packages"],
      [policy({}, { defaults: { gas: -1 } }), "defaults.gas", "expected a whole number, got -1"],
      [policy([]), "packages", "expected an object, got a list"],
      [policy({ "../x": {} }), 'packages["../x"]', "is not the name of a package"],
      [policy({ a: { gas: 1.5 } }), "packages.a.gas", "got 1.5"],
      [policy({ a: { gas: "5M" } }), "packages.a.gas", 'got "5M"'],
      [policy({ a: { files: true } }), "packages.a.files", "known are powers, gas, memoryBytes, gasPerCall"],
      [policy({ a: { powers: { network: true } } }), "packages.a.powers.network", "known are console, clock"],
      [policy({ a: { powers: { console: false } } }), "packages.a.powers.console", "to deny a power, leave it out"],
      [policy({ a: { powers: { http: {} } } }), "packages.a.powers.http.origins", "is missing"],
      [policy({ a: { powers: { http: true } } }), "packages.a.powers.http", "expected an object, got true"],
      [
        policy({ a: { powers: { http: { origins: [5] } } } }),
        "packages.a.powers.http.origins[0]",
        "expected a text, got 5",
      ],
      [
        policy({ a: { powers: { environment: { names: "HOME" } } } }),
        "packages.a.powers.environment.names",
        "expected a list of texts",
      ],
      [policy({ a: { powers: { directory: { path: "" } } } }), "packages.a.powers.directory.path", "expected a text"],
      [
        policy({ a: { powers: { directory: { path: ".", readOnly: 1 } } } }),
        "packages.a.powers.directory.readOnly",
        "expected true or false",
      ],
      [JSON.parse(`{"version":1,"packages":{"a":{"__proto__":{}}}}`), "packages.a.__proto__", "is not known here"],
    ];
    for (const [value, path, sentence] of wrong) {
      try {
        parsePolicy(value);
        expect.unreachable();
      } catch (error) {
        if (!(error instanceof PolicyError)) throw error;
        expect(error.path).toBe(path);
        expect(error.message).toContain(`caper.policy.json: ${path}`);
        expect(error.message).toContain(sentence);
      }
    }
  });

  it("has limits", () => {
    const names = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, {}]));
    expect(Object.keys(parsePolicy(policy(names(POLICY_PACKAGES_MAX))).packages).length).toBe(POLICY_PACKAGES_MAX);
    expect(() => parsePolicy(policy(names(POLICY_PACKAGES_MAX + 1)))).toThrow(`at most ${POLICY_PACKAGES_MAX}`);
    const origins = (count: number): unknown =>
      policy({ a: { powers: { http: { origins: Array(count).fill("https://a.b") } } } });
    parsePolicy(origins(POLICY_ITEMS_MAX));
    expect(() => parsePolicy(origins(POLICY_ITEMS_MAX + 1))).toThrow(`at most ${POLICY_ITEMS_MAX}`);
    const text = JSON.stringify(policy({}));
    parsePolicy(text.padEnd(POLICY_LENGTH_MAX));
    expect(() => parsePolicy(text.padEnd(POLICY_LENGTH_MAX + 1))).toThrow(`at most ${POLICY_LENGTH_MAX}`);
  });
});
