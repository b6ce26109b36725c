import { expect, test } from "bun:test";
import { MESSAGES } from "../i18n/translate.ts";
import { PAGES, pageAt, pageOfKey, pathOf } from "./pages.ts";

test("every page has a path of its own, a name in each language, and a way back from its path", () => {
  expect(new Set(PAGES.map((page) => page.path)).size).toBe(PAGES.length);
  for (const { id } of PAGES) {
    expect(pageAt(pathOf(id))).toBe(id);
    for (const texts of Object.values(MESSAGES)) {
      expect(texts[`page.${id}`]).toBeString();
      expect(texts[`nav.${id}`]).toBeString();
    }
  }
});
test("number keys open pages in their order", () => {
  expect(PAGES.slice(0, 9).map((_, index) => pageOfKey(String(index + 1)))).toEqual(
    PAGES.slice(0, 9).map((page) => page.id),
  );
  expect(["0", "-", "a", "11"].map(pageOfKey)).toEqual([undefined, undefined, undefined, undefined]);
});
