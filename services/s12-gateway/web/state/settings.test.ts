import { expect, test } from "bun:test";
import { MESSAGES } from "../i18n/translate.ts";
import { SECTIONS, sectionOf } from "./settings.ts";

test("every section can be linked to, and has a name in each language; nonsense is the first", () => {
  for (const section of SECTIONS) {
    expect(sectionOf(section)).toBe(section);
    for (const texts of Object.values(MESSAGES)) expect(texts[`settings.${section}`]).toBeString();
  }
  expect(["", "wizard", "__proto__"].map(sectionOf)).toEqual(["you", "you", "you"]);
});
