import type { Library } from "../example.ts";

export const powers = ["timers"] as const;

export async function example({ default: QRCode }: Library): Promise<unknown> {
  const code = QRCode.create("I am a pony!", { errorCorrectionLevel: "H" });
  const text = await new Promise((resolve, reject) => {
    QRCode.toString("called back", { type: "utf8" }, (error: unknown, made: unknown) =>
      error ? reject(error) : resolve(made),
    );
  });
  return {
    size: code.modules.size,
    data: [...code.modules.data],
    version: code.version,
    utf8: await QRCode.toString("http://www.google.com", { type: "utf8" }),
    terminal: await QRCode.toString("x", { type: "terminal", small: true }),
    svg: await QRCode.toString("I am a pony!", { type: "svg", color: { dark: "#00F", light: "#0000" } }),
    text,
  };
}

export function call({ default: QRCode }: Library): unknown {
  return QRCode.create("x").version;
}
