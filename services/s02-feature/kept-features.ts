/** Keeps the features of each closed bar, behind the tick path, and reads them for people. */
import { put } from "../../shared/changes.ts";
import { FeatureWindow, featureHistory, type KeptFeatures } from "../../shared/collections/features.ts";
import type { FeatureValues } from "../../shared/domain/decision.ts";
import { refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import { pageOf, placeOf, whereOf, within } from "../../shared/paging.ts";
import type { InstrumentFeatures } from "../../shared/trading/factors/instrument-features.ts";
import { FAMILIES, parseFactor } from "../../shared/trading/factors/registry.ts";
import type { ClosedBar } from "../../shared/trading/factors/series.ts";
import type { HistoryRequest, KeptFeaturesAnswer } from "./types.ts";

/** With the minute's factors are kept those that follow every event, as they were when it closed. */
const WITH_EVENTS: FeatureWindow = "1m";
const BATCH = 500;
const WAITING_MAX = 10_000;
/** A second instrument that says nothing for so long is not waited for. */
const PEER_WAIT_MS = 5_000;

/** What the values mean: changes with the version of any family. */
export const REGISTRY = digest(...FAMILIES.map(({ pattern, version }) => `${pattern}@${version}`)).slice(0, 16);

interface Waiting {
  row: KeptFeatures;
  of: InstrumentFeatures;
  /** Factors that look at another instrument, read as soon as that one has closed the same bar; empty once read. */
  peers: readonly string[];
  since: number;
}

interface Parts {
  store: Pick<Store, "commit" | "query">;
  clock: Clock;
  /** The exchange time that an instrument's market has reached; NaN before its first event. */
  reached(instrument: string): number;
  /** The store failed; `lost` bars were given up. */
  failed(error: unknown, lost: number): void;
}

export class FeatureKeeper {
  #parts: Parts;
  #waiting: Waiting[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Called at the event that closed the bars. */
  add(of: InstrumentFeatures, closed: readonly ClosedBar[]): void {
    const now = this.#parts.clock.now();
    for (const { timeframe, bar } of closed) {
      const window = FeatureWindow.safeParse(timeframe);
      if (!window.success) continue;
      const values = valuesOf(of, window.data);
      const peers = Object.keys(values).filter((id) => id.includes("@"));
      if (Object.keys(values).length === 0) continue;
      const when = { ts: bar.endTs, registry: REGISTRY, config_rev: of.configRev, written_at: now };
      const row: KeptFeatures = { instrument: of.instrument, window: window.data, values, origin: "LIVE", ...when };
      this.#waiting.push({ row, of, peers, since: now });
    }
    // At the very event, so that a flush that comes late reads nothing newer.
    this.#settle(false);
  }

  /** A job calls it, and the end; never throws. Resolves when what is ready has been stored, or has failed once more. */
  async flush(atOnce = false): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write(atOnce));
    await this.#writing;
  }

  async #write(atOnce: boolean): Promise<void> {
    this.#settle(atOnce);
    const ready = this.#waiting.filter(({ peers }) => peers.length === 0);
    for (let from = 0; from < ready.length; from += BATCH) {
      const batch = ready.slice(from, from + BATCH);
      try {
        await this.#parts.store.commit(batch.map(({ row }) => put(featureHistory, row)));
        this.#waiting = this.#waiting.filter((one) => !batch.includes(one));
      } catch (error) {
        const lost = Math.max(0, this.#waiting.length - WAITING_MAX);
        this.#waiting.splice(0, lost);
        this.#parts.failed(error, lost);
        return;
      }
    }
  }

  #settle(atOnce: boolean): void {
    for (const one of this.#waiting) {
      if (one.peers.length === 0 || !(atOnce || this.#isReady(one))) continue;
      for (const id of one.peers) one.row.values[id] = finite(one.of.engine.value(id));
      one.peers = [];
    }
  }

  #isReady({ row, peers, since }: Waiting): boolean {
    if (this.#parts.clock.now() - since > PEER_WAIT_MS) return true;
    return peers.every((id) => {
      const factor = parseFactor(id);
      return this.#parts.reached(factor?.of ?? factor?.pair ?? "") >= row.ts;
    });
  }
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

function valuesOf(of: InstrumentFeatures, window: FeatureWindow): FeatureValues {
  const all = of.engine.values();
  const isKept = (id: string): boolean => {
    const timeframe = parseFactor(id)?.params.timeframe;
    return timeframe === window || (timeframe === undefined && window === WITH_EVENTS);
  };
  return Object.fromEntries(Object.entries(all).filter(([id]) => isKept(id)));
}

/** Oldest first; with `factors`, those alone. Refuses an id that is no factor. */
export async function readKept(store: Pick<Store, "query">, request: HistoryRequest): Promise<KeptFeaturesAnswer> {
  const { instrument, window, from_ts, to_ts } = request;
  const chosen = request.factors === undefined ? undefined : [...new Set(request.factors.split(","))];
  const unknown = (chosen ?? []).filter((id) => parseFactor(id) === undefined);
  if (unknown.length > 0) refuse("INVALID", `No such factor: ${unknown.join(", ")}; GET /factors lists them.`);
  const page = await store.query(featureHistory, {
    where: whereOf({ instrument, window, ts: within(from_ts, to_ts) }),
    sort: { field: "ts", order: "asc" },
    ...placeOf(request),
  });
  return pageOf(page, (kept) =>
    chosen === undefined
      ? kept
      : { ...kept, values: Object.fromEntries(chosen.map((id) => [id, kept.values[id] ?? null])) },
  );
}
