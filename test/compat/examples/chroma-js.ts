import type { Library } from "../example.ts";

export async function example({ default: chroma }: Library): Promise<unknown> {
  return {
    made: chroma("pink").darken().saturate(2).hex(),
    scale: chroma.scale(["#fafa6e", "#2A4858"]).mode("lch").colors(6),
    mixed: [chroma.mix("red", "blue", 0.5, "lab").hex(), chroma.blend("4CBBFC", "EEEE22", "multiply").hex()],
    contrast: [chroma.contrast("pink", "hotpink"), chroma.deltaE("#ededee", "#edeeed")],
    spaces: [chroma("orange").rgb(), chroma("orange").hsl(), chroma("orange").lab(), chroma("#33cc0080").css()],
    limits: chroma.limits([2.0, 3.5, 3.6, 3.8, 3.8, 4.1, 4.3, 4.4, 4.6, 4.9, 5.2, 5.3, 5.4, 5.7, 5.8], "q", 4),
    bezier: chroma.bezier(["white", "yellow", "red", "black"]).scale().colors(5),
    scaled: chroma.scale("OrRd").domain([0, 10])(4).hex(),
    valid: [chroma.valid("#xyz"), chroma.valid("red")],
    luminance: chroma("white").set("hsl.h", "+90").luminance(0.5).hex(),
    name: chroma("#ff0000").name(),
  };
}

export function call({ default: chroma }: Library): unknown {
  return chroma("pink").hex();
}
