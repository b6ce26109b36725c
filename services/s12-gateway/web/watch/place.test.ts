import { expect, test } from "bun:test";
import { watchIdOf, watchPlaceOf, watchSectionOf } from "./place.ts";

test("every place has an address, and every address a place", () => {
  for (const id of ["", "alerts", "channels", "actions", "logs", "channel:night-mail", "new-channel"]) {
    expect(watchIdOf(watchPlaceOf(id))).toBe(id);
  }
  expect(watchPlaceOf("nonsense")).toEqual({ at: "wall" });
  expect(watchPlaceOf("channel:")).toEqual({ at: "wall" });
  expect(watchSectionOf({ at: "channel", id: "x" })).toBe("channels");
});
