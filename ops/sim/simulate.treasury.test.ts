import { expect, test } from "bun:test";
import { autoTransfers } from "../../shared/collections/trades.ts";
import { exchange } from "../../shared/contracts.ts";
import { add, dec, show, sum } from "../../shared/domain/money.ts";
import type { Balance } from "../../shared/domain/trade.ts";
import { Desk, FUT, SPOT } from "./desk.fixture.ts";
import type { Step } from "./lives.ts";
import { readAll } from "./pages.ts";

const INSTRUMENTS = [FUT, SPOT];
const MISSING = "12.5";

async function freeFut(desk: Desk): Promise<string> {
  const service = { kind: "service", id: "s06", role: "admin" } as const;
  const s01 = desk.sim.services.hosted.get("s01");
  const asked = s01?.call(exchange.methods.getBalances, { account: "main" }, service);
  const { balances } = (await desk.answered(asked as Promise<unknown>)) as { balances: Balance[] };
  return show(sum(balances.filter((row) => row.market === "FUT" && row.asset === "USDT").map((row) => dec(row.free))));
}

const isRequest = (when: Step["when"]) => (step: Step) =>
  step.by === "s06" && step.when === when && step.port === "call" && step.method === "requestTransfer";

test.each([
  ["nobody dies", undefined],
  ["S6 dies before it asks", isRequest("before")],
  ["S6 dies with the answer in hand", isRequest("after")],
])("the futures wallet is topped up by itself, once: %s", async (what, dies) => {
  const before = await freeFut(await Desk.open({ seed: "wallets", instruments: INSTRUMENTS }));
  const min_free_fut_usdt = show(add(dec(before), dec(MISSING)));
  const flags = { treasury: { auto_transfer: true, min_free_fut_usdt, spot_buffer_usdt: "10" } };
  const desk = await Desk.open({ seed: what, instruments: INSTRUMENTS, flags, canCrash: true });
  let killed = dies === undefined;
  desk.sim.onStep((step) => {
    if (killed || !dies?.(step)) return;
    killed = true;
    desk.sim.kill(["s06"], 500);
  });
  await desk.sim.advance(200_000);
  expect(killed).toBe(true);
  const records = await readAll(desk.sim.world.store("s06"), autoTransfers);
  expect(records).toMatchObject([{ trigger_id: "auto-1", need_usdt: MISSING, status: "OK" }]);
  expect(await freeFut(desk)).toBe(min_free_fut_usdt);
  expect(await desk.troubles()).toEqual([]);
});
