/** S9 on a virtual clock beside a library of bars, which can be killed and started again. */
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { put } from "../../shared/changes.ts";
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import type { Experiment, Trial } from "../../shared/domain/experiment.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import { type Mortal, mortal } from "../../shared/kit/mortal.ts";
import type { Role } from "../../shared/kit/service.ts";
import { candle, storeRows } from "../../shared/market-data/library.fixture.ts";
import { Library } from "../../shared/market-data/library.ts";
import { type SimWorld, simulatedWorld } from "../../shared/testing/world.ts";
import { listingOf } from "../../shared/trading/decision/decision.fixture.ts";
import { seededChance } from "../../shared/trading/stats/seeded-chance.ts";
import s09 from "./service.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const START = Date.UTC(2024, 7, 8);
export const BTC = "FUT:BTCUSDT";
const NOW = START + 30 * 24 * HOUR;
/** Before the window, so that factors have their values. */
const WARM_UP = 30;

/** Buys what has fallen, sells what has risen. */
export const bundle = {
  ...{ format: 1, bundle_id: "dips", rev: 3, factors: ["rsi_5_1m", "atr_5_1m", "mid", "spread_bps"] },
  strategies: [
    {
      ...{ strategy_id: "dip", instruments: [BTC], triggers: [{ kind: "bar", timeframe: "1m" }] },
      ...{ long: { f: "rsi_5_1m", op: "<", v: 35 }, short: { f: "rsi_5_1m", op: ">", v: 65 } },
      sizing: { atr: "atr_5_1m", stop_atrs: { FROZEN: 1, NORMAL: 1, EXTREME: 1 }, take_profit_roe: 0.05 },
    },
  ],
  instruments: [{ instrument: BTC }],
  flags: { risk: { losses_in_row_max: 1_000, cooldown_after_stop_ms: 0 } },
};

export const design = (change: object = {}): object => ({
  ...{ bundle, window: { from: START, to: START + 20 * MINUTE }, checks: false, search: { trades_min: 0 } },
  ...change,
});
const LEVEL = "strategies.dip.long.v";
export const grid = { method: "GRID", params: [{ path: LEVEL, values: [25, 30, 35, 40] }] };

/** Candles of a seeded walk. */
export function candles(count: number, seed: number | string): string[] {
  const chance = seededChance(seed);
  let price = 60_000;
  const told = (value: number) => (Math.round(value * 10) / 10).toFixed(1);
  return Array.from({ length: count }, (_, i) => {
    const open = price;
    price *= 1 + 0.003 * (chance.next() - 0.5);
    const [high, low] = [Math.max(open, price) * 1.0003, Math.min(open, price) * 0.9997];
    return candle(START + (i - WARM_UP) * MINUTE, `${told(open)} ${told(high)} ${told(low)} ${told(price)}`, "500");
  });
}

interface Asked {
  body?: object;
  role?: Role;
  key?: string;
}
// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field.
type Answer = { status: number; body: any };

export class ResearchWorld {
  readonly clock = new VirtualClock(NOW);
  readonly world: SimWorld;
  private life!: Mortal;
  private all!: Constellation;
  private keys = 0;

  private constructor(env: Record<string, string>) {
    this.world = simulatedWorld({ clock: this.clock, net: {} as never, seed: "s09", freeze: true, env });
  }

  static async open(env: Record<string, string> = {}): Promise<ResearchWorld> {
    const made = new ResearchWorld(env);
    await made.world.store("s01").commit([put(instrumentRegistry, listingOf(BTC))]);
    await made.fill("walk");
    await made.begin();
    return made;
  }

  /** Puts another past into the library. */
  async fill(seed: string): Promise<void> {
    const series = { instrument: BTC, kind: "klines", interval: "1m" } as const;
    await storeRows(new Library(this.world.blobs), series, candles(WARM_UP + 100, seed));
  }

  async begin(): Promise<void> {
    this.life = mortal(this.world);
    this.all = await constellation([s09], ["s09"], this.life.world);
    await this.finish(this.all.start());
  }

  /** As `kill -9` ends it. */
  kill(): void {
    this.life.end();
  }

  async stop(): Promise<void> {
    await this.finish(this.all.stop());
  }

  async finish<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = () => {
      done = true;
    };
    work.then(end, end);
    await this.clock.run(() => done);
    return work;
  }

  async ask(method: "GET" | "POST", path: string, { body, role = "researcher", key }: Asked = {}): Promise<Answer> {
    const tokens = createTokens(this.world.serviceKey, this.clock);
    const token = await this.finish(tokens.mint("s12", "s09", { id: "ann", role }));
    const headers = {
      ...{ authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(method === "POST" && { "idempotency-key": key ?? `key-${++this.keys}` }),
    };
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const answer = await this.finish(this.all.hosted.get("s09")!.fetch(new Request(`http://127.0.0.1${path}`, init)));
    return { status: answer.status, body: await answer.json() };
  }

  /** Queues it; answers its id. */
  async run(body: object): Promise<string> {
    const { status, body: answer } = await this.ask("POST", "/experiments/run", { body });
    if (status !== 202) throw new Error(JSON.stringify(answer));
    return answer.exp_id;
  }

  async read(exp_id: string): Promise<Experiment> {
    return (await this.ask("GET", `/experiments/${exp_id}`)).body;
  }

  async trials(exp_id: string, query = ""): Promise<Trial[]> {
    return (await this.ask("GET", `/experiments/${exp_id}/trials?limit=1000${query}`)).body.items;
  }

  /** Lets time pass until its first trial is on record. */
  async untilTried(exp_id: string): Promise<void> {
    while ((await this.trials(exp_id)).length === 0) await this.finish(this.clock.sleep(10));
  }

  /** Lets time pass until it is over, or `until` says so. */
  async over(exp_id: string, until: (experiment: Experiment) => boolean = isOver): Promise<Experiment> {
    for (let i = 0; i < 2_000; i++) {
      const experiment = await this.read(exp_id);
      if (until(experiment)) return experiment;
      await this.finish(this.clock.sleep(50));
    }
    throw new Error(`${exp_id} does not end: ${JSON.stringify(await this.read(exp_id))}`);
  }
}

const isOver = ({ status }: Experiment): boolean => status !== "QUEUED" && status !== "RUNNING";
