import { beforeEach, describe, expect, test } from "bun:test";
import { seededRandom } from "../../shared/adapters/random.ts";
import { holdingsSpotSnapshots } from "../../shared/collections/trades.ts";
import { dec, show, sum } from "../../shared/domain/money.ts";
import { applySpotFill, NO_HOLDINGS } from "../../shared/trading/position/cost-basis.ts";
import { holdingsOf } from "./holdings-spot.ts";
import { DAY, Ledgers, START } from "./ledgers.fixture.ts";

let ledgers: Ledgers;
beforeEach(() => {
  ledgers = new Ledgers();
});
const now = async () => {
  const { realised, ...basis } = await ledgers.boot().holdings.now();
  return { held: holdingsOf({ ...basis, realised }), realised: show(realised) };
};
const snapshots = async () =>
  (await ledgers.store("s06").query(holdingsSpotSnapshots, { limit: 100 })).items.map(({ value }) => value);

describe("spot holdings", () => {
  test("nothing bought is nothing kept", async () => {
    await ledgers.boot().holdings.keep();
    expect(await now()).toEqual({ held: [], realised: "0" });
    expect(await snapshots()).toEqual([]);
  });

  test("are what the fills say, of this account and of spot alone", async () => {
    await ledgers.fill({ qty: "2" });
    await ledgers.fill({ account: "other" });
    await ledgers.fill({ instrument: "FUT:BTCUSDT" });
    await ledgers.fill({ side: "SELL", qty: "0.5", price: "120", ts: START + 1 });
    expect(await now()).toEqual({
      held: [{ asset: "BTC", qty: "1.5", avg_cost_usdt: "100", cost_usdt: "150" }],
      realised: "10",
    });
  });

  test("go on from the snapshot to the last digit, also when the fills before it are gone", async () => {
    const chance = seededRandom("holdings");
    let plain = NO_HOLDINGS;
    for (let at = 0; at < 300; at++) {
      const side = chance.int(3) === 0 ? "SELL" : "BUY";
      const over = {
        side,
        qty: `0.${1 + chance.int(999)}`,
        price: `${50 + chance.int(100)}.${chance.int(10)}`,
      } as const;
      const fee = { fee: "0.0003", fee_asset: side === "BUY" ? "BTC" : "USDT", fee_usdt: "0.03" };
      plain = applySpotFill(plain, await ledgers.fill({ ...over, ...fee, ts: START + at * (DAY / 15) })).basis;
      if (at % 40 !== 0) continue;
      await ledgers.at(START + at * (DAY / 15) + 1);
      await ledgers.boot().holdings.keep();
    }
    await ledgers.at(START + 21 * DAY);
    await ledgers.boot().holdings.keep();
    expect((await snapshots()).length).toBe(20 + 1);
    const expected = { held: holdingsOf(plain), realised: show(plain.realised) };
    expect(await now()).toEqual(expected);
    ledgers.stores.delete("s04");
    const settled = (await snapshots()).find(({ ts }) => ts === START + 13 * DAY - 1);
    expect(holdingsOf(await ledgers.boot().holdings.now())).toEqual(settled?.holdings ?? []);
  });

  test("take a fill that becomes known two days late into its place", async () => {
    await ledgers.fill({ qty: "1", price: "100", ts: START });
    await ledgers.fill({ side: "SELL", qty: "1", price: "200", ts: START + 10 });
    await ledgers.at(START + 2 * DAY);
    await ledgers.boot().holdings.keep();
    expect((await now()).realised).toBe("100");
    await ledgers.fill({ qty: "1", price: "300", ts: START + 5 });
    await ledgers.boot().holdings.keep();
    expect(await now()).toEqual({
      held: [{ asset: "BTC", qty: "1", avg_cost_usdt: "200", cost_usdt: "200" }],
      realised: "0",
    });
    expect((await snapshots()).map((each) => each.realised_usdt)).toEqual(["0", "0"]);
  });

  test("what left them in a span is told exactly, whichever snapshot it starts from", async () => {
    for (let day = 0; day < 12; day++) {
      await ledgers.fill({ qty: "2", price: String(100 + day), ts: START + day * DAY });
      await ledgers.fill({ side: "SELL", qty: "1", price: "150", ts: START + day * DAY + DAY - 1 });
      await ledgers.at(START + (day + 1) * DAY);
      await ledgers.boot().holdings.keep();
    }
    const gains = await Promise.all(
      Array.from({ length: 12 }, async (_, day) => {
        const [from_ts, to_ts] = [START + day * DAY, START + (day + 1) * DAY - 1];
        const found = await ledgers.boot().holdings.disposals({ from_ts, to_ts });
        expect(found.length).toBe(1);
        return show(sum(found.map((each) => each.gain)));
      }),
    );
    expect(show(sum(gains.map(dec)))).toBe((await now()).realised);
  });
});
