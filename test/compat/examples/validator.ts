import type { Library } from "../example.ts";

export async function example({ default: validator }: Library): Promise<unknown> {
  return {
    email: ["foo@bar.com", "foo bar@x", "ö@example.org"].map((text) => validator.isEmail(text)),
    url: validator.isURL("https://example.org:8080/a?b#c", { protocols: ["https"], require_port: true }),
    ip: [validator.isIP("127.0.0.1", 4), validator.isIP("::1", 6), validator.isIP("256.1.1.1")],
    iban: validator.isIBAN("GB29NWBK60161331926819"),
    card: validator.isCreditCard("4111111111111111"),
    date: validator.isDate("2020-02-30"),
    after: validator.isAfter("2021-01-01", "2020-01-01"),
    uuid: validator.isUUID("9deb20fe-a6e0-355c-81ea-288b009e4f6d"),
    phone: validator.isMobilePhone("+491711234567", "de-DE"),
    escaped: validator.escape("<a href='x'>"),
    trimmed: [validator.trim("  a  "), validator.ltrim("xxa", "x"), validator.whitelist("abc123", "a-c")],
    strength: validator.isStrongPassword("Tr0ub4dor&3", { returnScore: true }),
    normalized: validator.normalizeEmail("Some.Name+tag@GMail.com"),
    numbers: [
      validator.toInt("42px"),
      validator.isFloat("7.5", { min: 7, max: 8 }),
      validator.isInt("010", { allow_leading_zeroes: false }),
    ],
    json: [validator.isJSON('{"a":1}'), validator.isBase64("Zm9v"), validator.isAlpha("añb", "es-ES")],
  };
}

export function call({ default: validator }: Library): unknown {
  return validator.isEmail("foo@bar.com");
}
