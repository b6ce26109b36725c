import { expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { factorRegistry } from "../../shared/collections/features.ts";
import { registerFactors } from "./factor-registry.ts";
import { storeOfS02 } from "./past.fixture.ts";

test("the registry says what each factor of the active revision is, and is written only where it changes", async () => {
  const [store, clock] = [storeOfS02(), new VirtualClock(1_000)];
  const parts = { store, clock };
  const factors = ["atr_14_1m", "trend_agree_8_21_1m", "rv_20_1d@SPOT:BTCUSDT", "corr_60_1m@SPOT:BTCUSDT", "no_such"];
  expect(await registerFactors(parts, { factors, rev: 1 })).toBe(4);
  expect(await registerFactors(parts, { factors, rev: 2 })).toBe(0);
  const row = async (id: string) => (await store.get(factorRegistry, id))?.value;
  expect(await row("atr_14_1m")).toMatchObject({
    ...{ pattern: "atr_{n}_{tf}", family: "atr", version: 1, range: [0, null], frequency: "bar", owner: "s02" },
    ...{ lag: "until the bar closes", dependencies: ["bar"], active: true, config_rev: 1, ts: 1_000 },
  });
  expect((await row("trend_agree_8_21_1m"))?.dependencies).toContain("ema_21_15m");
  expect((await row("corr_60_1m@SPOT:BTCUSDT"))?.dependencies).toEqual(["bar", "log_ret_60_1m@SPOT:BTCUSDT"]);

  await clock.run(2_000);
  expect(await registerFactors(parts, { factors: ["atr_14_1m"], rev: 3 })).toBe(3);
  expect(await row("trend_agree_8_21_1m")).toMatchObject({ active: false, config_rev: 3, ts: 2_000 });
  expect(await registerFactors(parts, { factors, rev: 4 })).toBe(3);
  expect(await row("trend_agree_8_21_1m")).toMatchObject({ active: true });
});
