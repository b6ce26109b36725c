import { expect, test } from "bun:test";
import { CONFIG_SECTIONS, type ConfigPlace, idOf, placeOf, readRevName, sectionOf } from "./place.ts";

const PLACES: ConfigPlace[] = [
  { at: "bundles" },
  { at: "simulations" },
  { at: "promotions" },
  { at: "bundle", of: "shipped@3" },
  { at: "editor" },
  { at: "editor", of: "shipped@3" },
  { at: "diff", from: "", to: "" },
  { at: "diff", from: "active", to: "draft" },
  { at: "diff", from: "shipped@3", to: "my-own@12" },
  { at: "simulation", id: "sim-0001" },
  { at: "promotion", id: "prm:odd" },
  { at: "new-simulation", of: "shipped@3" },
  { at: "new-promotion" },
];

test("every place comes back from its address", () => {
  for (const place of PLACES) expect(placeOf(idOf(place))).toEqual(place);
});
test("every section is an address of its own", () => {
  for (const section of CONFIG_SECTIONS) expect(sectionOf(placeOf(section))).toBe(section);
});
test("an address never breaks the page", () => {
  expect(placeOf("nothing:known")).toEqual({ at: "bundles" });
  expect(placeOf("bundle:Not A Bundle@1")).toEqual({ at: "bundles" });
  expect(placeOf("editor:x")).toEqual({ at: "editor" });
  expect(placeOf("diff:shipped@3")).toEqual({ at: "diff", from: "shipped@3", to: "" });
  expect(placeOf("diff:<b>..active")).toEqual({ at: "diff", from: "", to: "active" });
  expect(placeOf("simulation:")).toEqual({ at: "bundles" });
});
test("a revision's name is its bundle and number", () => {
  expect(readRevName("my-own@12")).toEqual({ bundle_id: "my-own", rev: 12 });
  for (const wrong of ["", "a", "a@", "a@0", "A@1", "a@1.5", "a@1@2"]) expect(readRevName(wrong)).toBeUndefined();
});
