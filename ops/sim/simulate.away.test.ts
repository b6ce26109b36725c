import { expect, test } from "bun:test";
import { Desk, FUT, SPOT } from "./desk.fixture.ts";

test("without the position manager for ten seconds no trade begins; what is open can be left; then all goes on", async () => {
  const desk = await Desk.open({ seed: "away", instruments: [FUT, SPOT], canCrash: true });
  expect(await desk.answered(desk.enter(FUT))).toMatchObject({ status: "FILLED" });
  await desk.sim.advance(3_000);
  desk.sim.kill(["s06"], 20_000);
  await desk.sim.advance(5_000);
  expect(await desk.answered(desk.enter(SPOT))).toMatchObject({ status: "FILLED" });
  await desk.sim.advance(10_000);
  expect(await desk.answered(desk.enter(SPOT))).toBe("UNAVAILABLE");
  await desk.sim.advance(12_000);
  expect(await desk.answered(desk.enter(SPOT))).toMatchObject({ status: "FILLED" });
  for (const instrument of [FUT, SPOT]) void desk.exit(instrument);
  await desk.sim.advance(30_000);
  expect([...(await desk.troubles()), ...(await desk.leftovers())]).toEqual([]);
});
