import type { Library } from "../example.ts";

const HTML =
  '<ul id="fruits"><li class="apple">Apple</li><li class="orange">Orange</li><li class="pear">Pear</li></ul>';

export async function example(cheerio: Library): Promise<unknown> {
  const $ = cheerio.load('<h2 class="title">Hello world</h2>');
  $("h2.title").text("Hello there!");
  $("h2").addClass("welcome");
  const fruits = cheerio.load(HTML, null, false);
  const texts: string[] = [];
  fruits("li").each((index: number, element: Library) => void texts.push(`${index}${fruits(element).text()}`));
  const extracted = fruits.root().extract({ names: ["li"], first: { selector: "li", value: "class" } });
  fruits("ul").append('<li class="plum">Plum</li>');
  fruits(".pear").remove();
  return {
    html: $.html(),
    attribute: fruits("ul").attr("id"),
    found: fruits("#fruits").find(".orange").next().text(),
    mapped: fruits("li")
      .map((_: number, element: Library) => fruits(element).attr("class"))
      .get(),
    filtered: fruits("li").filter((index: number) => index > 0).length,
    texts,
    extracted,
    changed: fruits.html(),
    xml: cheerio.load("<a><b/></a>", { xml: true }).xml(),
    css: fruits("li").first().css("color", "red").css("color"),
  };
}

export function call({ load }: Library): unknown {
  return load("<p>a</p>")("p").text();
}
