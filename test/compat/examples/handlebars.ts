import type { Library } from "../example.ts";

export async function example({ default: Handlebars }: Library): Promise<unknown> {
  const source =
    "<p>Hello, my name is {{name}}. I am from {{hometown}}. I have {{kids.length}} kids:</p><ul>{{#kids}}<li>{{name}} is {{age}}</li>{{/kids}}</ul>";
  const data = {
    name: "Alan <b>",
    hometown: "Somewhere, TX",
    kids: [
      { name: "Jimmy", age: "12" },
      { name: "Sally", age: "4" },
    ],
  };
  const own = Handlebars.create();
  own.registerHelper("link_to", function (this: Library) {
    return new own.SafeString(`<a href='${own.escapeExpression(this.url)}'>${own.escapeExpression(this.body)}</a>`);
  });
  own.registerHelper("list", (items: Library, options: Library) => {
    return `[${[...items].map((item: Library) => options.fn(item)).join(", ")}]`;
  });
  own.registerPartial("link", '<a href="/people/{{id}}">{{name}}</a>');
  let thrown: unknown;
  try {
    Handlebars.compile("{{#if}")({});
  } catch (error) {
    thrown = String((error as Error).message).split("\n")[0];
  }
  return {
    html: Handlebars.compile(source)(data),
    helper: own.compile("<ul>{{#posts}}<li>{{link_to}}</li>{{/posts}}</ul>")({
      posts: [{ url: "/hello-world", body: "Hello World!" }],
    }),
    block: own.compile("{{#list people}}{{first}} {{last}}{{/list}}")({
      people: [
        { first: "Yehuda", last: "Katz" },
        { first: "Carl", last: "Lerche" },
      ],
    }),
    partial: own.compile("{{#people}}{{> link}} {{/people}}")({ people: [{ name: "Alan", id: 1 }] }),
    each: own.compile("{{#each map as |value key|}}{{@index}}{{key}}={{value}};{{else}}none{{/each}}")({
      map: { a: 1, b: 2 },
    }),
    precompiled: Handlebars.precompile("{{a}}").includes("lookupProperty"),
    thrown,
  };
}

const templates = new WeakMap<object, Library>();

export function call(library: Library): unknown {
  let template = templates.get(library);
  if (template === undefined) {
    template = library.default.compile("Hello, {{name}}!");
    templates.set(library, template);
  }
  return template({ name: "you" });
}
