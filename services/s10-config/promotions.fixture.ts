/** For tests of promotions: the real ones on real embedded stores and the virtual clock, beside services told by hand. */
import { openStore, type SqliteStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { put } from "../../shared/changes.ts";
import { intents } from "../../shared/collections/orders.ts";
import { decisionsMade, signalsSeen } from "../../shared/collections/signals.ts";
import { trades } from "../../shared/collections/trades.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { ArmName } from "../../shared/domain/arms.ts";
import type { Promotion } from "../../shared/domain/promotion.ts";
import type { Simulation } from "../../shared/domain/simulation.ts";
import { Problem } from "../../shared/errors.ts";
import type { ServiceId, Store } from "../../shared/kit/ports.ts";
import { opsEvents } from "../../shared/streams.ts";
import type { RevisionFound } from "../../shared/trading/promotion/revisions-held.ts";
import { readBundleText } from "./bundle-text.ts";
import { Bundles } from "./bundles.ts";
import shippedBundle from "./default-bundle.yaml" with { type: "text" };
import { type Entry, InForce } from "./in-force.ts";
import { Gates, type Standing } from "./promotion-gates.ts";
import { Promotions } from "./promotions.ts";
import type { Simulations } from "./simulation-source.ts";

const shipped = shippedBundle as unknown as string;
export const HOUR_MS = 3_600_000;
export const SLOT_MS = 60_000;
const AWAY_ALERT_MS = 60_000;
const SIMULATION_WAIT_MS = 1_000;

/** What the services around it say, to be changed by tests. */
export interface Around {
  level: Standing["level"];
  /** False: S11 is away. */
  isWatched: boolean;
  replicas: RevisionFound[];
  /** They have whatever S10 told, as soon as it is told. */
  areQuick: boolean;
  known: { instruments?: string[] };
}

export class Desk {
  readonly clock = new VirtualClock(1_700_000_000_000);
  readonly around: Around = {
    ...{ level: "GREEN", isWatched: true, areQuick: true, known: {} },
    replicas: ["s02", "s03", "s04"].map((service) => ({ service, replica: "1", answered: true, rev: 1 })),
  };
  readonly alerts: string[] = [];
  /** Done as soon as it is begun, with too little to say. */
  simulations: Simulations = {
    latestFor: async () => undefined,
    runDefault: async () => ({ sim_id: "sim-1" }),
    get: async (sim_id) => ({ sim_id, status: "DONE" }) as Simulation,
  };
  /** Called after each commit of S10. */
  onCommit: () => void = () => {};
  inForce!: InForce;
  bundles!: Bundles;
  promotions!: Promotions;
  private readonly stores = new Map<ServiceId, SqliteStore>();
  private seq = 0;

  store(owner: ServiceId): SqliteStore {
    const others = (other: ServiceId) => this.store(other);
    const opened = this.stores.get(owner) ?? openStore({ path: ":memory:", owner, collections: COLLECTIONS, others });
    this.stores.set(owner, opened);
    return opened;
  }

  /** As after a start, on what the stores hold. */
  async open(text = shipped): Promise<this> {
    const store = this.watched();
    const audit = (entry: Entry) =>
      ({ op: "emit", stream: opsEvents as never, event: { source: "s10", ts: this.clock.now(), ...entry } }) as const;
    const ports = { store, clock: this.clock, audit };
    this.inForce = new InForce(ports);
    this.bundles = new Bundles(ports, this.inForce);
    const gates = new Gates({
      ...{ store, clock: this.clock, inForce: this.inForce, simulationWaitMs: SIMULATION_WAIT_MS },
      log: { debug() {} } as never,
      simulations: {
        latestFor: (...asked) => this.simulations.latestFor(...asked),
        runDefault: (asked) => this.simulations.runDefault(asked),
        get: (sim_id) => this.simulations.get(sim_id),
      },
      metrics: { getStanding: async () => this.standing() },
      known: async () => this.around.known,
    });
    const alert = (_severity: string, code: string, message: string) => void this.alerts.push(`${code} ${message}`);
    const own = { slotMs: SLOT_MS, durationLeastH: 24, awayAlertMs: AWAY_ALERT_MS };
    this.promotions = new Promotions({ ...ports, ...own, bundles: this.bundles, inForce: this.inForce, gates, alert });
    await this.bundles.begin(text, "");
    return this;
  }

  async drafted(rev: number, change: object = {}): Promise<{ bundle_id: string; to_rev: number }> {
    const document = { ...(readBundleText(shipped) as object), note: `revision ${rev}`, ...change, rev };
    await this.bundles.draft(document, "ann", {});
    return { bundle_id: "shipped", to_rev: rev };
  }

  /** So long, with the jobs at their times. */
  async pass(ms: number): Promise<void> {
    await this.clock.run(this.clock.now() + ms);
    await this.look();
  }
  async look(): Promise<void> {
    await this.promotions.follow();
    await this.promotions.judge();
    await this.promotions.watch();
  }

  async only(): Promise<Promotion> {
    const [first] = (await this.promotions.list({ limit: 1 })).items;
    return this.promotions.get(first?.promotion_id ?? "none");
  }
  async states(): Promise<string[]> {
    const { items } = await this.promotions.list({ limit: 100 });
    const whole = await Promise.all(items.map(({ promotion_id }) => this.promotions.get(promotion_id)));
    return whole.toReversed().map(({ mode, status, rev }) => `${mode} ${rev} ${status}`);
  }
  async bundleStates(): Promise<string[]> {
    return (await this.bundles.list({ limit: 100 })).items.toReversed().map(({ rev, status }) => `${rev} ${status}`);
  }
  async told<E = Record<string, unknown>>(family: string): Promise<E[]> {
    const entries = await this.store("s10").outbox.read(1_000);
    return entries.filter((entry) => entry.family === family).map(({ event }) => event as E);
  }

  /** A trade of an arm that opened and closed just now. */
  async trades(rev: number, pnls: readonly number[]): Promise<void> {
    const made = [];
    for (const pnl of pnls) {
      await this.clock.run(this.clock.now() + 1);
      const [at, trade_id] = [this.clock.now(), `t${++this.seq}`];
      made.push({ trade_id, config_rev: rev, status: "CLOSED", pnl_usdt: String(pnl), opened_at: at, closed_at: at });
    }
    const ops = made.map((trade) => put(trades, { ...trade, instrument: "FUT:BTCUSDT", margin_usdt: "20" } as never));
    await this.store("s06").commit(ops);
  }

  /** A signal with its decision, and the end of its entry where it opens. */
  async decided(
    { promotion_id, from_rev, rev }: Promotion,
    name: ArmName,
    filled?: "filled" | "refused",
  ): Promise<void> {
    const [signal_id, ts] = [`sig${++this.seq}`, this.clock.now()];
    const config_rev = name === "CANARY" ? rev : from_rev;
    const marked = { signal_id, ts, instrument: "FUT:BTCUSDT", config_rev, arm: { promotion_id, name } };
    await this.store("s02").commit([put(signalsSeen, marked as never)]);
    const decision = { action: filled ? "open" : "skip" };
    await this.store("s03").commit([put(decisionsMade, { ...marked, decision } as never)]);
    if (!filled) return;
    const answer = { filled_qty: filled === "filled" ? "1" : "0" };
    const record = { intent_id: signal_id, intent: { kind: "ENTRY", config_rev }, state: "DONE", answer };
    const kept = { ...record, instrument: "FUT:BTCUSDT", created_at: ts };
    await this.store("s04").commit([put(intents, kept as never)]);
  }

  private standing(): Standing {
    if (!this.around.isWatched) throw new Problem("UNAVAILABLE", "s11 cannot be reached.");
    const { replicas, level, areQuick } = this.around;
    const { rev, canary } = this.inForce.current();
    const held = areQuick ? { rev, canary_rev: canary?.rev, promotion_id: canary?.promotion_id } : {};
    return {
      level,
      reasons: [],
      revisions: replicas.map((one) => ({ ...one, ...held }) as never),
      ts: this.clock.now(),
    };
  }

  private watched(): Store {
    const store = this.store("s10");
    const commit: Store["commit"] = async (...args) => {
      await store.commit(...args);
      this.onCommit();
    };
    return new Proxy(store, {
      get: (target, name) => {
        if (name === "commit") return commit;
        const value = Reflect.get(target, name, target) as unknown;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }
}

/** Words of a problem, or none. */
export const refusal = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "none",
    (error: unknown) => (error instanceof Problem ? `${error.code}: ${error.message}` : `broke: ${String(error)}`),
  );
