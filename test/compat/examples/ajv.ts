import type { Library } from "../example.ts";

const SCHEMA = {
  type: "object",
  properties: { foo: { type: "integer" }, bar: { type: "string", minLength: 2 } },
  required: ["foo"],
  additionalProperties: false,
};

export async function example({ Ajv }: Library): Promise<unknown> {
  const ajv = new Ajv({ allErrors: true });
  const validate = ajv.compile(SCHEMA);
  const verdicts = [{ foo: 1, bar: "abc" }, { foo: "x", bar: "a", baz: 1 }, {}].map((data) => [
    validate(data),
    validate.errors,
  ]);
  const filling = new Ajv({ useDefaults: true, coerceTypes: true });
  const port = filling.compile({
    type: "object",
    properties: { port: { type: "integer", maximum: 65535 }, host: { type: "string", pattern: "^[a-z.]+$" } },
  });
  ajv.addKeyword({ keyword: "isEven", type: "number", validate: (on: boolean, data: number) => !on || data % 2 === 0 });
  const even = ajv.compile({ type: "number", isEven: true });
  return {
    verdicts,
    text: ajv.errorsText(validate.errors),
    coerced: [port({ port: "8080", host: "example.org" }), port({ port: "99999" }), port.errors],
    even: [even(2), even(3), even.errors],
    once: ajv.validate({ type: "array", items: { enum: ["a", "b"] }, uniqueItems: true }, ["a", "a"]),
  };
}

const validators = new WeakMap<object, Library>();

export function call(library: Library): unknown {
  let validate = validators.get(library);
  if (validate === undefined) {
    validate = new library.Ajv().compile(SCHEMA);
    validators.set(library, validate);
  }
  return validate({ foo: 1, bar: "abc" });
}
