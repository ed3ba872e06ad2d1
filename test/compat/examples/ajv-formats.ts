import type { Library } from "../example.ts";

/** A plug-in of another package: it is handed that package's instance. */
export const entry = 'export { Ajv } from "ajv"; export { default as addFormats } from "ajv-formats";';

export async function example({ Ajv, addFormats }: Library): Promise<unknown> {
  const ajv = new Ajv({ allErrors: true });
  addFormats(ajv);
  const check = (format: string, values: readonly unknown[]): unknown => {
    const validate = ajv.compile({ type: "string", format });
    return values.map((value) => [validate(value), validate.errors]);
  };
  const limited = new Ajv();
  addFormats(limited, { mode: "fast", formats: ["date", "time"], keywords: true });
  const before = limited.compile({ type: "string", format: "date", formatMaximum: "2020-01-01" });
  return {
    date: check("date", ["2020-02-29", "2019-02-29"]),
    time: check("date-time", ["1990-12-31T23:59:60Z", "yesterday"]),
    email: check("email", ["a@b.co", "a@"]),
    uri: check("uri", ["https://example.org/a?b#c", "a b"]),
    address: check("ipv6", ["::1", "1::2::3"]),
    uuid: check("uuid", ["f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "x"]),
    before: [before("2019-12-31"), before("2020-06-01"), before.errors],
  };
}

const validators = new WeakMap<object, Library>();

export function call(library: Library): unknown {
  let validate = validators.get(library);
  if (validate === undefined) {
    const ajv = new library.Ajv();
    library.addFormats(ajv);
    validate = ajv.compile({ type: "string", format: "date" });
    validators.set(library, validate);
  }
  return validate("2020-02-29");
}
