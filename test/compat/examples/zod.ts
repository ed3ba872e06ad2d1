import type { Library } from "../example.ts";

export async function example({ z, ZodError }: Library): Promise<unknown> {
  const Player = z.object({ username: z.string().min(2), xp: z.number().int().nonnegative() });
  const Shape = z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("circle"), radius: z.number() }),
    z.object({ kind: z.literal("square"), side: z.number() }),
  ]);
  const even = z.number().refine((n: number) => n % 2 === 0, { error: "not even" });
  const later = z.string().refine(async (text: string) => text.length > 3);
  let thrown: unknown;
  try {
    Player.parse({ username: 42, xp: "100" });
  } catch (error) {
    thrown = { isZod: error instanceof ZodError, issues: (error as Library).issues };
  }
  const failed = z.email().safeParse("nobody");
  return {
    parsed: Player.parse({ username: "billie", xp: 100, extra: true }),
    thrown,
    failed: { success: failed.success, issues: failed.error.issues },
    union: Shape.parse({ kind: "circle", radius: 2 }),
    even: [even.safeParse(4).success, even.safeParse(3).error.issues],
    transformed: z
      .string()
      .transform((text: string) => text.length)
      .parse("hello"),
    coerced: z.coerce.date().parse("2020-01-02T03:04:05Z"),
    defaulted: z.object({ tags: z.array(z.string()).default(["none"]) }).parse({}),
    later: (await later.safeParseAsync("abcd")).success,
    json: z.toJSONSchema(Player),
    partial: Player.partial().parse({}),
    pretty: z.prettifyError(Player.safeParse({}).error),
  };
}

const schemas = new WeakMap<object, Library>();

export function call(library: Library): unknown {
  let schema = schemas.get(library);
  if (schema === undefined) {
    schema = library.z.object({ username: library.z.string(), xp: library.z.number() });
    schemas.set(library, schema);
  }
  return schema.parse({ username: "billie", xp: 100 });
}
