import { expect, test } from "bun:test";
import { MESSAGES } from "../i18n/translate.ts";
import { keyOf, PAGES, pageAt, pageOfKey, pathOf } from "./pages.ts";

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
test("each page has a key: the first nine their number, the others a letter that nothing else takes", () => {
  const keys = PAGES.map(({ id }) => keyOf(id));
  expect(keys.slice(0, 9)).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  expect(new Set([...keys, "k", "/", "?"]).size).toBe(keys.length + 3);
  expect(keys.map(pageOfKey)).toEqual(PAGES.map(({ id }) => id));
  expect(["0", "-", "z", "11", ""].map(pageOfKey)).toEqual([undefined, undefined, undefined, undefined, undefined]);
});
