/** S10 on a virtual clock beside signals and labels of the past, which can be killed and started again. */
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { emit, put } from "../../shared/changes.ts";
import { configBundles } from "../../shared/collections/config.ts";
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import { LABELS, type Label } from "../../shared/collections/labels.ts";
import { decisionsMade, signalsSeen } from "../../shared/collections/signals.ts";
import type { Decision, Signal } from "../../shared/domain/decision.ts";
import type { Simulation } from "../../shared/domain/simulation.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import { type Mortal, mortal } from "../../shared/kit/mortal.ts";
import type { Role } from "../../shared/kit/service.ts";
import type { Workers } from "../../shared/kit/workers.ts";
import { opsEvents } from "../../shared/streams.ts";
import { type SimWorld, simulatedWorld } from "../../shared/testing/world.ts";
import { compileBundle } from "../../shared/trading/decision/compiled.ts";
import { decide } from "../../shared/trading/decision/decide.ts";
import {
  accountWith,
  listingOf,
  signalWith,
  strategyWith,
  viewWith,
} from "../../shared/trading/decision/decision.fixture.ts";
import { contentHash } from "./bundles.ts";
import service from "./service.ts";
import { NewSimulation } from "./simulation-types.ts";
import { SimulationJobs } from "./simulations.ts";

export const HOUR = 3_600_000;
export const NOW = Date.UTC(2026, 2, 1);
export const BTC = "FUT:BTCUSDT";
export const WEEK = { from_ts: NOW - 7 * 24 * HOUR, to_ts: NOW };
export const SENSITIVITY = { epsilon: 0.05, topk: 3, n_eval: 200 };
/** Wants more of a long than the fixture's bundle. */
export const STRICT = strategyWith({ long: { f: "obi_5", op: ">", v: 0.7 } });

/** The bundle of the decision fixture, as a document of revision `rev`; `change` replaces top-level parts. */
export const document = (rev: number, change: object = {}): object => ({ ...viewWith(change).bundle, rev });

/** One signal every ten minutes up to now, newest last; each third is a long, each third a short, each third neither. */
export function pastSignals(count: number): Signal[] {
  return Array.from({ length: count }, (_, i) => {
    const ts = NOW - (count - i) * 600_000;
    const obi_5 = [0.4 + (i % 50) / 100, -0.4 - (i % 50) / 100, 0][i % 3]!;
    const made = signalWith({ obi_5, ret_10s: (i % 7) - 3 }, { ts, exch_ts: ts - 5 });
    return { ...made, signal_id: `signal-${String(i).padStart(6, "0")}` };
  });
}

export function labelOf(signal: Signal, roi_net: number): Label {
  const { signal_id, account, instrument, strategy_id, ts, trigger } = signal;
  const money = { margin_usdt: "18", gross_usdt: "2.1", fees_usdt: "0.1", funding_usdt: "0", net_usdt: "2" };
  const side = (signal.features.values.obi_5 ?? 0) >= 0 ? "BUY" : "SELL";
  return {
    ...{ signal_id, horizon_h: 12, account, instrument, strategy_id, side, class: "pos", roi_net, ts },
    ...{ t0: trigger.exch_ts, until: trigger.exch_ts + 12 * HOUR, counterfactual: true, reason: "open", rules: [] },
    ...{ qty: "0.006", entry_price: "60000", entry_at: ts, exit_reason: "mark", open_qty: "0.006", leverage: 20 },
    ...{ ...money, fills: 0, price_source: "EXCHANGE_KLINES_1M", config_rev: 7, inputs_hash: signal_id, revision: 1 },
    computed_at: ts + 13 * HOUR,
  };
}

/** As S3 would have decided it live, under `view`. */
export const decisionOn = (signal: Signal, view = viewWith()): Decision =>
  decide({
    ...{ signal, compiled: compileBundle(view), account: accountWith(), instrument: listingOf(signal.instrument) },
    now: signal.ts,
  });

/** A bundle as it is stored, whatever lint would say. */
export function stored(rev: number, change: object) {
  const bundle = { ...viewWith(change).bundle, rev };
  const record = { bundle_id: "test", rev, hash: contentHash(bundle), status: "DRAFT", bundle } as const;
  return put(configBundles, { ...record, author: "ann", created_at: NOW });
}

/** The jobs by themselves: a step is done when the test says so. */
export async function openJobs(count: number, around: (workers: Workers) => Workers = (workers) => workers) {
  const clock = new VirtualClock(NOW);
  const world = simulatedWorld({ clock, net: {} as never, seed: "jobs", freeze: true });
  const viewOf = (rev: number, change: object) => {
    const { bundle } = viewWith(change);
    return { rev, bundle_id: "test", hash: contentHash(bundle), bundle };
  };
  let active = viewOf(7, {});
  const current = () => active;
  /** As after a promotion or a rollback. */
  async function inForce(rev: number, change: object): Promise<void> {
    await world.store("s10").commit([stored(rev, change)]);
    active = viewOf(rev, change);
  }
  await world.store("s01").commit([put(instrumentRegistry, listingOf(BTC))]);
  await world.store("s10").commit([stored(7, {}), stored(8, STRICT)]);
  for (const signal of pastSignals(count)) await world.store("s02").commit([put(signalsSeen, signal)]);
  const audit = (entry: { actor: string; what: string; ref: string; outcome: string }) =>
    emit(opsEvents, { source: "s10", ts: clock.now(), ...entry });
  const { blobs, workers } = world;
  const store = world.store("s10");
  const all = new SimulationJobs({ store, clock, blobs, workers: around(workers), current, audit, log: world.log });
  async function finish<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = () => {
      done = true;
    };
    work.then(end, end);
    await clock.run(() => done);
    return work;
  }
  async function over(sim_id: string): Promise<Simulation> {
    for (;;) {
      const found = await all.read(sim_id);
      if (found.status !== "QUEUED" && found.status !== "RUNNING") return found;
      // Nothing to do now: it waits.
      if (!(await finish(all.step()))) await finish(clock.sleep(1_000));
    }
  }
  const accept = (request: object) => finish(all.accept(NewSimulation.parse({ bundle_id: "test", ...request }), "ann"));
  const runDefault = () => finish(all.runDefault({ bundle_id: "test", rev: 8, author: "pat" }));
  return { all, clock, store, finish, over, accept, runDefault, inForce };
}

interface Asked {
  body?: object;
  role?: Role;
  key?: string;
}
// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field.
type Answer = { status: number; body: any };

export class ConfigWorld {
  readonly clock = new VirtualClock(NOW);
  readonly world: SimWorld;
  private life!: Mortal;
  private all!: Constellation;
  private keys = 0;

  private constructor() {
    const env = { CHIMERA_S10_BUNDLE_TEXT: JSON.stringify(document(7)) };
    this.world = simulatedWorld({ clock: this.clock, net: {} as never, seed: "s10", freeze: true, env });
  }

  /** Revision 7, the fixture's, is in force. */
  static async open(): Promise<ConfigWorld> {
    const made = new ConfigWorld();
    const listed = [listingOf(BTC), listingOf("SPOT:BTCUSDT")];
    await made.world.store("s01").commit(listed.map((each) => put(instrumentRegistry, each)));
    await made.begin();
    return made;
  }

  async keep(signals: readonly Signal[], labels: readonly Label[] = [], decisions: readonly Decision[] = []) {
    const { world } = this;
    for (let at = 0; at < signals.length; at += 500) {
      await world.store("s02").commit(signals.slice(at, at + 500).map((each) => put(signalsSeen, each)));
    }
    await world.store("s07").commit(labels.map((each) => put(LABELS[each.horizon_h], each)));
    await world.store("s03").commit(decisions.map((each) => put(decisionsMade, each)));
  }

  async begin(): Promise<void> {
    this.life = mortal(this.world);
    this.all = await constellation([service], ["s10"], this.life.world);
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
    const token = await this.finish(tokens.mint("s12", "s10", { id: "ann", role }));
    const headers = {
      ...{ authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(method === "POST" && { "idempotency-key": key ?? `key-${++this.keys}` }),
    };
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const answer = await this.finish(this.all.hosted.get("s10")!.fetch(new Request(`http://127.0.0.1${path}`, init)));
    return { status: answer.status, body: await answer.json() };
  }

  /** Stores a draft; throws when it does not lint. */
  async draft(rev: number, change: object): Promise<void> {
    const { status, body } = await this.ask("POST", "/bundles", { body: document(rev, change) });
    if (status !== 200) throw new Error(JSON.stringify(body));
  }

  /** Queues it; answers its id. */
  async simulate(body: object): Promise<string> {
    const { status, body: answer } = await this.ask("POST", "/simulate", { body: { bundle_id: "test", ...body } });
    if (status !== 202) throw new Error(JSON.stringify(answer));
    return answer.sim_id;
  }

  async read(sim_id: string): Promise<Simulation> {
    return (await this.ask("GET", `/simulations/${sim_id}`)).body;
  }

  /** Lets time pass until it is over, or `until` says so. */
  async over(sim_id: string, until: (simulation: Simulation) => boolean = isOver): Promise<Simulation> {
    for (let i = 0; i < 5_000; i++) {
      const simulation = await this.read(sim_id);
      if (until(simulation)) return simulation;
      await this.finish(this.clock.sleep(50));
    }
    throw new Error(`${sim_id} does not end: ${JSON.stringify(await this.read(sim_id))}`);
  }
}

const isOver = ({ status }: Simulation): boolean => status !== "QUEUED" && status !== "RUNNING";
