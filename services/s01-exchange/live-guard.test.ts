import { expect, test } from "bun:test";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { emit } from "../../shared/changes.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { asProblem } from "../../shared/errors.ts";
import { opsEvents } from "../../shared/streams.ts";
import { LastPrices, LiveGuard } from "./live-guard.ts";

const HOUR_MS = 3_600_000;
const buy = { instrument: "FUT:BTCUSDT", side: "BUY", qty: "0.1" } as const;

function installed(mode: "paper" | "testnet" | "live" = "live", approvals: "single" | "two" = "single") {
  const clock = new VirtualClock(1_000);
  const store = openStore({ path: ":memory:", owner: "s01", collections: COLLECTIONS, now: () => clock.now() });
  const prices = new LastPrices();
  prices.hear({ instrument: "FUT:BTCUSDT", bid: "999", ask: "1000" });
  const raised: string[] = [];
  const start = async () => {
    const guard = new LiveGuard({
      settings: { mode, approvals, liveFirstDayUsdtMax: 250 },
      ...{ clock, store },
      raise: (_severity, code) => raised.push(code),
      audit: (entry) => emit(opsEvents, { source: "s01", ts: clock.now(), ...entry }),
      price: (order) => prices.of(order),
    });
    await guard.load();
    return guard;
  };
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => "sent",
      (error: unknown) => asProblem(error).code,
    );
  return { clock, store, start, raised, codeOf };
}

test("outside live mode every entry passes", async () => {
  for (const mode of ["paper", "testnet"] as const) {
    const { start, codeOf } = installed(mode);
    expect(await codeOf((await start()).admit(buy))).toBe("sent");
  }
});

test("nothing is sent before it is armed, and nothing after it is disarmed", async () => {
  const { start, codeOf, raised } = installed();
  const guard = await start();
  expect(await codeOf(guard.admit(buy))).toBe("WRONG_STATE");
  await guard.arm("ann", "tried");
  expect(await codeOf(guard.admit(buy))).toBe("sent");
  await guard.disarm("ann", "enough");
  expect(await codeOf(guard.admit(buy))).toBe("WRONG_STATE");
  expect(await codeOf((await start()).admit(buy))).toBe("WRONG_STATE");
  expect(raised).toEqual(["LIVE_ARMED", "LIVE_DISARMED"]);
});

test("the first day takes entries up to its cap, over a restart too; the second takes all", async () => {
  const { clock, start, codeOf, raised } = installed();
  const guard = await start();
  await guard.arm("ann", "tried");
  // 100 USDT each, at the ask; a limit counts at its own price.
  const both = [guard.admit(buy), guard.admit(buy)];
  expect(await Promise.all(both.map(codeOf))).toEqual(["sent", "sent"]);
  expect(await codeOf(guard.admit(buy))).toBe("RULE");
  expect(await codeOf(guard.admit({ ...buy, price: "500" }))).toBe("sent");
  const again = await start();
  expect(await codeOf(again.admit({ ...buy, price: "0.1" }))).toBe("RULE");
  expect(raised).toEqual(["LIVE_ARMED", "LIVE_CAP", "LIVE_CAP"]);
  await clock.run(clock.now() + 24 * HOUR_MS);
  expect(again.cappedUntil).toBeUndefined();
  expect(await codeOf(again.admit({ ...buy, qty: "100" }))).toBe("sent");
});

test("without a price the cap cannot be held, so nothing is sent", async () => {
  const { start, codeOf } = installed();
  const guard = await start();
  await guard.arm("ann", "tried");
  expect(await codeOf(guard.admit({ ...buy, instrument: "FUT:ETHUSDT" }))).toBe("UNAVAILABLE");
});

test("armed once it is stored, and disarmed at once: what could not be stored is tried again", async () => {
  const { store, start, codeOf } = installed();
  const guard = await start();
  const commit = store.commit.bind(store);
  const breakStore = () => {
    store.commit = () => Promise.reject(new Error("disk full"));
  };
  breakStore();
  expect(await codeOf(guard.arm("ann", "tried"))).toBe("INTERNAL");
  expect(await codeOf(guard.admit(buy))).toBe("WRONG_STATE");
  store.commit = commit;
  await guard.arm("ann", "tried");
  breakStore();
  expect(await codeOf(guard.disarm("ann", "enough"))).toBe("INTERNAL");
  expect(await codeOf(guard.admit(buy))).toBe("WRONG_STATE");
  store.commit = commit;
  await guard.disarm("ann", "enough");
  expect((await start()).armed).toBeUndefined();
});

test("an arming that is being stored is taken back by a disarming that comes meanwhile", async () => {
  const { start, codeOf } = installed();
  const guard = await start();
  await Promise.all([guard.arm("ann", "tried"), guard.disarm("bob", "no")]);
  expect(await codeOf(guard.admit(buy))).toBe("WRONG_STATE");
  expect((await start()).armed).toBeUndefined();
});

test("arming again gives no second cap within a day, whether it was disarmed or not", async () => {
  const { clock, start, codeOf } = installed();
  const guard = await start();
  await guard.arm("ann", "tried");
  expect(await codeOf(guard.admit({ ...buy, qty: "0.2" }))).toBe("sent");
  await guard.arm("ann", "once more");
  expect(await codeOf(guard.admit(buy))).toBe("RULE");
  await guard.disarm("ann", "enough");
  const again = await start();
  await clock.run(clock.now() + 23 * HOUR_MS);
  await again.arm("bob", "on again");
  expect(again.armed).toMatchObject({ armed_by: "bob", entered_usdt: "200" });
  expect(await codeOf(again.admit(buy))).toBe("RULE");
  await again.disarm("ann", "enough");
  await clock.run(clock.now() + 25 * HOUR_MS);
  await again.arm("bob", "another day");
  expect(await codeOf(again.admit(buy))).toBe("sent");
});

test("counts at what an entry may trade at, not at a limit that no market respects", async () => {
  const { start, codeOf } = installed();
  const guard = await start();
  await guard.arm("ann", "tried");
  expect(await codeOf(guard.admit({ ...buy, side: "SELL", price: "1" }))).toBe("sent");
  expect(guard.armed?.entered_usdt).toBe("99.9");
  expect(await codeOf(guard.admit({ ...buy, side: "SELL", qty: "0.01", price: "2000" }))).toBe("sent");
  expect(guard.armed?.entered_usdt).toBe("119.9");
  expect(await codeOf(guard.admit({ ...buy, qty: "0.01", price: "1000", stop_price: "1010" }))).toBe("sent");
  expect(guard.armed?.entered_usdt).toBe("130");
});

test("where two must agree it is armed with the word of somebody else alone", async () => {
  const { start, codeOf, raised } = installed("live", "two");
  const guard = await start();
  for (const second of [undefined, "single", "ann"]) {
    expect(await codeOf(guard.arm("ann", "tried", second))).toBe("SECOND_PERSON");
  }
  expect(await codeOf(guard.admit(buy))).toBe("WRONG_STATE");
  await guard.arm("ann", "tried", "bob");
  expect(guard.armed).toMatchObject({ armed_by: "ann" });
  expect(await codeOf(guard.admit(buy))).toBe("sent");
  expect(raised).toEqual(["LIVE_ARMED"]);
});
