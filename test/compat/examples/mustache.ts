import type { Library } from "../example.ts";

export async function example({ default: Mustache }: Library): Promise<unknown> {
  const view = {
    title: "Joe <script>",
    calc() {
      return 2 + 4;
    },
  };
  return {
    plain: Mustache.render("{{title}} spends {{calc}} {{{title}}} {{&title}}", view),
    section: Mustache.render("{{#stooges}}<b>{{name}}</b>{{/stooges}}{{^none}}none{{/none}}", {
      stooges: [{ name: "Moe" }, { name: "Larry" }, { name: "Curly" }],
    }),
    dotted: Mustache.render("* {{name.first}} {{name.last}}\n* {{age}}", {
      name: { first: "Michael", last: "Jackson" },
      age: "RIP",
    }),
    lambda: Mustache.render("{{#bold}}Hi {{name}}.{{/bold}}", {
      name: "Tater",
      bold() {
        return (text: string, render: (text: string) => string) => `<b>${render(text)}</b>`;
      },
    }),
    partials: Mustache.render(
      "<h2>Names</h2>{{#names}}{{> user}}{{/names}}",
      { names: [{ name: "a" }, { name: "b" }] },
      {
        user: "<strong>{{name}}</strong>",
      },
    ),
    tags: Mustache.render("<% title %>", view, {}, ["<%", "%>"]),
    tokens: Mustache.parse("{{a}} {{#b}}x{{/b}}"),
  };
}

export function call({ default: Mustache }: Library): unknown {
  return Mustache.render("Hello {{name}}", { name: "you" });
}
