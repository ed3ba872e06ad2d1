import type { Library } from "../example.ts";

const bytes = (buffer: Uint8Array): readonly number[] => [...buffer];

export async function example({ default: iconv }: Library): Promise<unknown> {
  return {
    decoded: iconv.decode(Uint8Array.from([0x68, 0x65, 0x6c, 0x6c, 0x6f, 0xe9]), "win1251"),
    encoded: bytes(iconv.encode("Sample input string ü", "win1252")),
    japanese: iconv.decode(iconv.encode("こんにちは", "Shift_JIS"), "Shift_JIS"),
    chinese: bytes(iconv.encode("你好", "gb18030")),
    korean: bytes(iconv.encode("안녕", "euc-kr")),
    utf16: bytes(iconv.encode("ab", "utf16", { addBOM: true })),
    bom: iconv.decode(iconv.encode("x", "utf8", { addBOM: true }), "utf8", { stripBOM: false }).length,
    exists: [iconv.encodingExists("us-ascii"), iconv.encodingExists("klingon")],
    latin: iconv.decode(Uint8Array.from([0xa4, 0xe4]), "iso-8859-15"),
  };
}

export function call({ decode }: Library): unknown {
  return decode(Uint8Array.of(0xe9, 0x61), "win1251");
}
