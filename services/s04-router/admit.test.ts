import { afterEach, describe, expect, test } from "bun:test";
import { Intent } from "../../shared/domain/order.ts";
import { entry, FUT, faultsOf, MAKER, RouterWorld, SPOT } from "./world.fixture.ts";

let world: RouterWorld;
afterEach(() => world.close());

async function open(settings: Record<string, unknown> = {}): Promise<RouterWorld> {
  world = new RouterWorld(settings);
  await world.start();
  return world;
}
const refusal = (work: Promise<unknown>): Promise<{ code: string; status: number }> =>
  work.then(
    () => expect.unreachable("was not refused"),
    (error) => error,
  );

describe("while the bus is away", () => {
  test("entries are refused with the reason; exits, stops and cancels go on", async () => {
    await open();
    await world.place(entry({ signal_id: "a" }));
    await world.pass(1_000);
    world.busTrouble = "the bus is away";
    const refused = await refusal(world.place(entry({ signal_id: "b", instrument: SPOT })));
    expect(refused).toMatchObject({ code: "UNAVAILABLE", status: 503, message: "no entries now: the bus is away" });
    expect(refused).toMatchObject({ retryAfterMs: 1_000 });
    const move = { kind: "SL", side: "SELL", qty: undefined, type: "STOP_MARKET", stop_price: "59950" } as const;
    const noLevels = { stop_loss: undefined, take_profit: undefined, reduce_only: true };
    await world.place(entry({ ...noLevels, ...move, intent_id: "move" }));
    await world.place(entry({ ...noLevels, intent_id: "exit", kind: "EXIT", side: "SELL" }));
    await world.pass(1_000);
    expect(world.router.book.holding(FUT)?.qty).toBe("0");
    expect(faultsOf(world)).toEqual([]);
    world.busTrouble = undefined;
    await world.place(entry({ signal_id: "c", instrument: SPOT }));
  });
});

describe("what is refused before anything is stored", () => {
  const rows: [string, Parameters<typeof entry>[0], string, number][] = [
    ["off the tick", { stop_loss: { price: "59900.05" } }, "OFF_TICK", 400],
    ["off the step", { qty: "0.0105" }, "OFF_STEP", 400],
    ["below the minimum notional", { qty: undefined, notional_usdt: "4" }, "MIN_NOTIONAL", 422],
    ["a stop above a BUY's entry", { stop_loss: { price: "60100" } }, "INVALID", 400],
    ["a stop order without a stop price", { kind: "SL", side: "SELL", type: "STOP_MARKET" }, "INVALID", 400],
    ["both a quantity and a notional", { notional_usdt: "100" }, "INVALID", 400],
    ["past its valid_until", { valid_until: 1 }, "EXPIRED_INTENT", 422],
    ["an unknown instrument", { instrument: "FUT:NOUSDT" }, "INSTRUMENT_DISABLED", 422],
    ["more than the budget", { qty: "10" }, "BUDGET", 422],
    ["an OCO on futures", { exec: { policy: "OCO", oco: { take_profit: "2", stop: "1" } } }, "INVALID", 400],
    ["slices of a limit", { price: "59950", exec: { twap: { slices: 3, interval_ms: 500 } } }, "INVALID", 400],
    ["a spot short", { instrument: SPOT, side: "SELL" }, "INVALID", 400],
    ["another account", { account: "other" }, "NOT_FOUND", 404],
  ];
  test.each(rows)("%s", async (_what, over, code, status) => {
    await open();
    const problem = await refusal(world.place(entry(over)));
    expect([problem.code, problem.status]).toEqual([code, status] as never);
    expect(world.exchange.journal).toEqual([]);
    expect(world.router.budget().reserved_usdt).toBe("0");
  });

  test("a second signal on an open instrument, and an opposite entry", async () => {
    await open();
    await world.place(entry({ signal_id: "a" }));
    expect((await refusal(world.place(entry({ signal_id: "b" })))).code).toBe("RULE");
    const short = { side: "SELL", stop_loss: undefined, take_profit: undefined } as const;
    expect((await refusal(world.place(entry(short)))).code).toBe("RULE");
  });

  test("two signals at once on one instrument: one trade", async () => {
    await open();
    const [a, b] = ["a", "b"].map((signal_id) => world.router.admission.place(Intent.parse(entry({ signal_id }))));
    const second = refusal(b!);
    await world.finish(a!);
    expect((await second).code).toBe("RULE");
    await world.pass(1_000);
    expect(faultsOf(world)).toEqual([]);
  });

  test("a BUY and a SELL at once by hand: the second is refused, before and after the first is stored", async () => {
    await open();
    const short = { side: "SELL", stop_loss: undefined, take_profit: undefined } as const;
    const [buy, sell] = [entry(), entry(short)].map((asked) => world.router.admission.place(Intent.parse(asked)));
    const second = refusal(sell!);
    await world.finish(buy!);
    expect((await second).code).toBe("RULE");
    await world.place(entry({ instrument: FUT, exec: MAKER }));
    expect((await refusal(world.place(entry(short)))).code).toBe("RULE");
  });

  test("health RED stops entries, also after a restart; no entry passes before the first reconciliation", async () => {
    await open();
    await world.router.reaction.hear({ level: "RED", reasons: [], ts: world.clock.now() });
    expect((await refusal(world.place(entry()))).code).toBe("WRONG_STATE");
    world.boot();
    await world.start();
    expect((await refusal(world.place(entry()))).code).toBe("WRONG_STATE");
    await world.router.reaction.hear({ level: "GREEN", reasons: [], ts: world.clock.now() });
    world.exchange.reachable = false;
    world.boot();
    await world.start();
    expect((await refusal(world.place(entry()))).code).toBe("NOT_READY");
  });
});
