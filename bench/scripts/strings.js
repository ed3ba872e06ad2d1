// Strings built, split, replaced and compared.
let text = "";
for (let i = 0; i < 8000; i++)
  text += `${i % 7 === 0 ? "Line" : "line"} ${i.toString(36)}, value ${(i * 7919) % 1000};\n`;
let hash = 0;
for (const line of text.split("\n")) {
  const upper = line.toUpperCase().slice(0, 12).padEnd(16, ".");
  for (let i = 0; i < upper.length; i++) hash = (Math.imul(hash, 31) + upper.charCodeAt(i)) | 0;
}
const words = text
  .replaceAll("line", "row")
  .split(" ")
  .filter((word) => word.startsWith("value") || word.includes("z"));
globalThis.result = hash + words.join("-").length;
