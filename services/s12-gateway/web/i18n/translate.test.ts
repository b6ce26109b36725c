import { describe, expect, test } from "bun:test";
import { Glob } from "bun";
import "../config/messages.ts";
import "../research/messages.ts";
import "../watch/messages.ts";
import { codeText, MESSAGES, type MessageKey, translator } from "./translate.ts";

const holes = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).sort();
const web = `${import.meta.dir}/..`;

describe("messages", () => {
  const { en, "zh-TW": zhTW } = MESSAGES;
  test("both languages have every message, none empty, with the same parameters", () => {
    expect(Object.keys(zhTW).sort()).toEqual(Object.keys(en).sort());
    for (const [key, text] of Object.entries(en)) {
      expect(`${key}: ${text}`).not.toBe(`${key}: `);
      expect({ key, holes: holes(zhTW[key]!) }).toEqual({ key, holes: holes(text) });
    }
  });
  test("every message asked for in the page exists", async () => {
    const missing: string[] = [];
    let asked = 0;
    for await (const path of new Glob("**/*.{ts,tsx}").scan(web)) {
      if (path.endsWith(".test.ts")) continue;
      const source = await Bun.file(`${web}/${path}`).text();
      for (const [, key] of source.matchAll(/\bt\(\s*"([^"]+)"/g)) {
        asked++;
        if (!(key! in MESSAGES.en)) missing.push(`${path}: ${key}`);
      }
    }
    expect(missing).toEqual([]);
    expect(asked).toBeGreaterThan(100);
  });
  test("parameters are filled in, unknown codes stay readable", () => {
    const t = translator("en");
    expect(t("age.s", { value: "0.3" })).toBe("0.3 s");
    expect(t("age.s", {})).toBe("{value} s");
    expect(codeText(t, "reason", "Spread_BPS")).toBe(MESSAGES.en["reason.spread_bps" satisfies MessageKey]!);
    expect(codeText(t, "reason", "my_own-rule")).toBe("my own rule");
  });
});
