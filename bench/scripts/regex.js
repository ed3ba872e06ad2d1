// Regular expressions: captures, alternation, global replacement.
const log = Array.from(
  { length: 2000 },
  (_, i) =>
    `2026-${1 + (i % 12)}-${1 + (i % 28)}T10:${i % 60}:00Z host${i % 9} GET /path/${i}?q=${i % 100}&r=a${i} ${i % 5 ? 200 : 404} ${i * 13}`,
);
let sum = 0;
for (const line of log) {
  const match = /^(\d+)-(\d+)-(\d+)T\S+ (host[0-4]) (GET|POST) ([^ ?]+)(?:\?(\S*))? (\d{3}) (\d+)$/.exec(line);
  if (match !== null) sum += Number(match[9]) + match[7].split("&").length;
  sum += line.replace(/([a-z]+)(\d+)/g, "$2$1").length;
  if (/(?:a|b|c)+1*2*3*$/.test(line)) sum++;
}
globalThis.result = sum;
