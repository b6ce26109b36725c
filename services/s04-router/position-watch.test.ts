import { expect, test } from "bun:test";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { put } from "../../shared/changes.ts";
import { POSITION_ALIVE, positionMarks } from "../../shared/collections/trades.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { PositionWatch } from "./position-watch.ts";

test("the position manager counts as away after ten seconds of silence, and as back with its next word", async () => {
  const clock = new VirtualClock(1_000_000);
  const s06 = openStore({ path: ":memory:", owner: "s06", collections: COLLECTIONS });
  const watch = new PositionWatch(s06, clock);
  const alive = () => s06.commit([put(positionMarks, { id: POSITION_ALIVE, value: true, ts: clock.now() })]);
  await watch.read();
  expect(watch.away()).toBeUndefined();
  await alive();
  await watch.read();
  await clock.run(1_010_000);
  await watch.read();
  expect(watch.away()).toBeUndefined();
  await clock.run(1_012_000);
  expect(watch.away()).toBe("the position manager is away for 12 s");
  await alive();
  await watch.read();
  expect(watch.away()).toBeUndefined();
  await s06.close();
});
