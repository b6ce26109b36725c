import { expect, test } from "bun:test";
import { idOf, placeOf, type ResearchPlace, sectionOf } from "./place.ts";

const places: ResearchPlace[] = [
  { at: "experiments" },
  { at: "hypotheses" },
  { at: "models" },
  { at: "compare", ids: [] },
  { at: "compare", ids: ["exp-0001", "exp-0002"] },
  { at: "new-experiment" },
  { at: "new-experiment", like: "exp-0001" },
  { at: "new-hypothesis" },
  { at: "new-training" },
  { at: "experiment", id: "exp-20261123-abcd" },
  { at: "hypothesis", id: "dips-revert" },
  { at: "training", id: "training-1795000000000-0123abcd" },
  { at: "model", id: "dip-win", hash: "ab".repeat(32) },
];

test("every place is found again by its id", () => {
  for (const place of places) expect(placeOf(idOf(place))).toEqual(place);
});
test("what is not known is the list of experiments", () => {
  for (const id of ["", "nothing", "model:no-hash", "hypothesis:", "training"]) {
    expect(placeOf(id)).toEqual({ at: "experiments" });
  }
});
test("no more are compared than can be told apart", () => {
  const place = placeOf(`compare:${Array.from({ length: 9 }, (_, i) => `exp-000${i}`).join(",")}`);
  expect(place.at === "compare" && place.ids.length).toBe(6);
});
test("each place belongs to a section", () => {
  expect(places.map(sectionOf)).toContain("compare");
  expect(sectionOf({ at: "training", id: "x" })).toBe("models");
});
