import { expect, test } from "bun:test";
import { Desk, FUT, SPOT } from "./desk.fixture.ts";
import { doubled, intentsInARow } from "./intents.fixture.ts";

test("a hundred intents of every kind in a row: each ends, none is doubled, nothing is left over", async () => {
  const desk = await Desk.open({ seed: "a hundred", instruments: [FUT, SPOT] });
  const ended = await intentsInARow(desk, 100);
  expect(ended.filter(({ answer }) => typeof answer === "string")).toEqual([]);
  expect(ended.filter(({ record }) => record?.state !== "DONE")).toEqual([]);
  expect(doubled(desk)).toEqual([]);
  expect(new Set(ended.map(({ way }) => way)).size).toBe(10);
  const filled = ended.filter(({ record }) => record?.answer.status === "FILLED");
  expect(filled.length).toBeGreaterThan(70);
  await desk.sim.advance(3_000);
  expect(await desk.troubles()).toEqual([]);
}, 300_000);
