import { expect, test } from "bun:test";
import { trades } from "../../shared/collections/trades.ts";
import type { AgentsMarket } from "../venue/agents.ts";
import { Desk, FUT } from "./desk.fixture.ts";
import { readAll } from "./pages.ts";
import { positionThere } from "./reconcile.fixture.ts";
import { copyAll, loseAllAndRestore } from "./restore.fixture.ts";

const DOWN_MS = 5_000;
const SETTLED_MS = 30_000;
/** At 20×, a tenth of ROE is half a percent. The stop stays, or every step of it is an ask of its own. */
const STAGES = [
  { roe: 0.05, close: 0.4 },
  { roe: 5, close: 0.3 },
];
const stops = { still: { break_even_roe: 9, lock_steps_roe: [10] }, moved: { break_even_roe: 0.02 } };

for (const [name, stop] of Object.entries(stops)) {
  test(`a stage that was taken in the lost time is not taken again, its stop ${name}`, async () => {
    const desk = await Desk.open({
      ...{ seed: `stages ${name}`, instruments: [FUT], canCrash: true },
      flags: { position: { ...stop, stages: STAGES, adds_max: 0 } },
    });
    const { sim, venue } = desk;
    await desk.answered(desk.enter(FUT));
    await sim.advance(5_000);
    const entered = Number(positionThere(desk, FUT));
    const copies = await copyAll(sim);
    const kept = async () => (await readAll(sim.world.store("s06"), trades))[0];
    for (let step = 0; step < 20 && (await kept())?.stage === 0; step++) {
      (sim.market as AgentsMarket).surprise("BTC", 10);
      await sim.advance(3_000);
    }
    await sim.advance(5_000);
    const held = positionThere(desk, FUT);
    expect(Number(held)).toBeWithin(entered / 2, entered);
    const sent = venue.orders().length;
    await loseAllAndRestore(sim, copies, DOWN_MS);
    await sim.advance(DOWN_MS + SETTLED_MS);
    expect(positionThere(desk, FUT)).toBe(held);
    expect(venue.orders().length).toBe(sent);
    expect(await kept()).toMatchObject({ status: "ACTIVE", stage: 1, open_qty: held });
    expect(await desk.troubles()).toEqual([]);
  }, 300_000);
}
