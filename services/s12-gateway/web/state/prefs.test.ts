import { expect, test } from "bun:test";
import { type Prefs, readPrefs } from "./prefs.ts";

const FIRST: Prefs = { theme: "dark", locale: "en", colours: "green-red", motion: "on", density: "dense" };

test("each kept preference is taken alone, whatever the rest is", () => {
  expect(readPrefs('{"theme":"light","locale":"xx","colours":"blue-orange","density":"roomy"}', FIRST)).toEqual({
    ...FIRST,
    theme: "light",
    colours: "blue-orange",
    density: "roomy",
  });
  for (const broken of [null, "", "{", "null", "[]", '"x"', "7"]) expect(readPrefs(broken, FIRST)).toEqual(FIRST);
});
