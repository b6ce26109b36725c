/** A restart ends no cool-down: killed at any point, stopped, or away for hours, S2 makes the signals of one that never was. */
import { expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { put } from "../../shared/changes.ts";
import { factorSnapshots } from "../../shared/collections/features.ts";
import { signalsSeen } from "../../shared/collections/signals.ts";
import { exchange } from "../../shared/contracts.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import { type Mortal, mortal } from "../../shared/kit/mortal.ts";
import type { Net } from "../../shared/kit/ports.ts";
import { answers, defineService } from "../../shared/kit/service.ts";
import { depth, signals, ticker } from "../../shared/streams.ts";
import { depthAt, BEGIN_TS as T, tickerAt } from "../../shared/testing/market-events.ts";
import { BARE, configNeighbour } from "../../shared/testing/neighbours.ts";
import { simulatedWorld } from "../../shared/testing/world.ts";
import s02 from "./service.ts";

const FUT = "FUT:BTCUSDT";
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

const s01 = defineService({
  ...BARE,
  ...{ id: "s01", name: "s01-exchange", title: "Exchange Connectors", port: 8081 },
  setup: () => ({
    verbs: [
      answers(exchange.methods.getHistory, {
        ...{ name: "getHistory", summary: "Bars" },
        run: () => ({ source: "EXCHANGE" as const, bars: [] }),
      }),
    ],
  }),
});

const cross = (level: number, cooldown_ms: number) => ({
  ...{ kind: "cross", factor: "mid", level, direction: "up", cooldown_ms },
});
/** Two that cool down for themselves, and one of another strategy. */
const bundleOf = (cooldown_ms: number, rev = 1) =>
  Bundle.parse({
    ...{ format: 1, bundle_id: "b", rev, factors: ["mid"], instruments: [{ instrument: FUT }] },
    strategies: ["a", "b"].map((strategy_id) => ({
      ...{ strategy_id, instruments: [FUT], long: { f: "mid", op: ">", v: 0 } },
      triggers: strategy_id === "a" ? [cross(100, cooldown_ms), cross(200, cooldown_ms)] : [cross(100, 0)],
    })),
  });

class Run {
  readonly clock = new VirtualClock(T);
  readonly world = simulatedWorld({ clock: this.clock, net: {} as Net, seed: 2 });
  private life!: Mortal;
  private all!: Constellation;

  async begin(bundle: Bundle): Promise<this> {
    this.life = mortal(this.world);
    const s10 = configNeighbour({ rev: bundle.rev, activated_at: T, bundle });
    this.all = await constellation([s10, s01, s02], ["s10", "s01", "s02"], this.life.world);
    await this.during(this.all.start());
    return this;
  }
  kill(): void {
    this.life.end();
  }
  async stop(): Promise<void> {
    await this.during(this.all.stop());
    this.life.end();
  }
  /** Mids at their times, ms since the beginning; so long afterwards for what is written behind. */
  async mids(...steps: readonly (readonly [ms: number, mid: number])[]): Promise<void> {
    for (const [ms, mid] of steps) {
      await this.clock.run(T + ms);
      const [bid, ask] = [String(mid - 0.5), String(mid + 0.5)];
      await this.world.bus.publish(depth, depthAt(T + ms, [[bid, "1"]], [[ask, "1"]]), { key: FUT });
      await this.world.bus.publish(ticker, tickerAt(T + ms, [bid, "1", ask, "1"]), { key: FUT });
    }
  }
  /** Everything that was ever told: strategy, trigger and ms since the beginning. */
  async told(): Promise<string[]> {
    const messages = await this.world.bus.read(signals, { limit: 1_000 });
    return messages.map(
      ({ event: { strategy_id, trigger } }) => `${strategy_id} ${trigger.what} ${trigger.exch_ts - T}`,
    );
  }
  private async during(work: Promise<unknown>): Promise<void> {
    let isOver = false;
    const over = work.finally(() => (isOver = true));
    await this.clock.run(() => isOver);
    await over;
  }
}

type Mids = readonly (readonly [number, number])[];
const at = (ms: number, from: number, to: number): Mids => [
  [ms - 500, from],
  [ms, to],
];
/** Ends one run of S2 and begins another, in some way. */
type Interruption = (run: Run, bundle: Bundle) => Promise<unknown>;

async function lived(cooldown_ms: number, steps: readonly (Mids | Interruption)[]): Promise<string[]> {
  const bundle = bundleOf(cooldown_ms);
  const run = await new Run().begin(bundle);
  for (const step of steps) await (typeof step === "function" ? step(run, bundle) : run.mids(...step));
  await run.stop();
  expect(run.world.errors).toEqual([]);
  return run.told();
}

const again = (run: Run, bundle: Bundle) => run.begin(bundle);
const WAYS: Record<string, Interruption> = {
  "killed before its signal is stored": async (run, bundle) => {
    run.kill();
    expect((await run.world.store("s02").query(signalsSeen, { limit: 9 })).items).toEqual([]);
    await again(run, bundle);
  },
  "killed when its signal is stored": async (run, bundle) => {
    await run.clock.run(run.clock.now() + 100);
    run.kill();
    await again(run, bundle);
  },
  "stopped in order": async (run, bundle) => {
    await run.stop();
    await again(run, bundle);
  },
  "killed over and over": async (run, bundle) => {
    for (let time = 0; time < 3; time++) {
      run.kill();
      await again(run, bundle);
    }
  },
};

for (const [how, interrupted] of Object.entries(WAYS)) {
  test(`${how}: the cool-down goes on`, async () => {
    const [before, after]: [Mids, Mids] = [
      at(1_000, 99, 101),
      [...at(4_000, 99, 101), ...at(8_000, 101, 201), ...at(10_900, 99, 101), ...at(11_100, 99, 101)],
    ];
    const whole = await lived(10_000, [before, after]);
    expect(whole).toContain("a mid up 100 1000");
    expect(whole.filter((one) => one.startsWith("a mid up 100"))).toEqual(["a mid up 100 1000", "a mid up 100 11100"]);
    expect(whole.filter((one) => one.startsWith("b"))).toHaveLength(4);
    expect(await lived(10_000, [before, interrupted, after])).toEqual(whole);
  });
}

test("away for hours: a long cool-down goes on, a short one is over", async () => {
  const away: Interruption = async (run, bundle) => {
    await run.mids([2 * MINUTE_MS, 90]);
    run.kill();
    await run.clock.run(T + HOUR_MS);
    await again(run, bundle);
  };
  const after = [...at(HOUR_MS + MINUTE_MS, 99, 101), ...at(2 * HOUR_MS + MINUTE_MS, 99, 101)];
  const told = await lived(2 * HOUR_MS, [at(1_000, 99, 101), away, after]);
  expect(told.filter((one) => one.startsWith("a"))).toEqual([
    "a mid up 100 1000",
    `a mid up 100 ${2 * HOUR_MS + MINUTE_MS}`,
  ]);
  expect(told.filter((one) => one.startsWith("b"))).toHaveLength(3);
});

test("another revision meanwhile: who takes a trigger's place has its cool-down, who stood beside it has not", async () => {
  const run = await new Run().begin(bundleOf(10_000));
  await run.mids(...at(1_000, 99, 101));
  await run.stop();
  const next = bundleOf(10_000, 2);
  const [a] = next.strategies;
  const changed = { ...next, strategies: [{ ...a!, triggers: [cross(102, 10_000), cross(200, 10_000)] }] };
  await run.begin(Bundle.parse(changed));
  await run.mids(...at(4_000, 99, 103), ...at(8_000, 103, 201));
  await run.stop();
  expect(await run.told()).toEqual(["a mid up 100 1000", "b mid up 100 1000", "a mid up 200 8000"]);
});

test("what was written down before firings were is no obstacle, and no beginning either", async () => {
  const run = await new Run().begin(bundleOf(10_000));
  await run.mids(...at(1_000, 99, 101));
  await run.stop();
  const store = run.world.store("s02");
  const { fired, ...older } = (await store.get(factorSnapshots, FUT))!.value;
  expect(fired).toContainEqual({ strategy_id: "a", kind: "cross", what: "mid up 100", exch_ts: T + 1_000 });
  await store.commit([put(factorSnapshots, older)]);
  await run.begin(bundleOf(10_000));
  await run.mids(...at(4_000, 99, 101));
  await run.stop();
  expect(await run.told()).toEqual(["a mid up 100 1000", "b mid up 100 1000", "b mid up 100 4000"]);
});
