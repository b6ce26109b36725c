/** A simulation as S10 does it, from signals in a store: how fast, and how long the thread beside it was kept from others. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LabelRun } from "../../services/s10-config/label-run.ts";
import { bunWorkers } from "../../shared/adapters/bun-workers.ts";
import { wallClock } from "../../shared/adapters/clock.ts";
import { openStore, type SqliteStore } from "../../shared/adapters/sqlite.ts";
import { put } from "../../shared/changes.ts";
import { labels12h } from "../../shared/collections/labels.ts";
import { signalsSeen } from "../../shared/collections/signals.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { Simulation } from "../../shared/domain/simulation.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import type { SeenSignal } from "../../shared/simulation/weigher.ts";
import { drawnPages } from "./drawn-signals.ts";
import { pairOf } from "./simulate-once.ts";

const BATCH = 500;
const LOOK_MS = 1;

export interface Stored {
  readonly seconds: number;
  /** Each time this thread was kept from others for longer than asked, ms. */
  readonly busy: readonly number[];
}

/** Signals and their labels as S2 and S7 leave them, on disk; what is thrown away again. */
export async function simulateStored(count: number): Promise<Stored> {
  const folder = mkdtempSync(join(tmpdir(), "chimera-simulate-"));
  const open = (owner: ServiceId): SqliteStore =>
    openStore({ path: join(folder, `${owner}.db`), owner, collections: COLLECTIONS, others: () => undefined });
  const [signals, labels] = [open("s02"), open("s07")];
  const own = openStore({
    ...{ path: join(folder, "s10.db"), owner: "s10", collections: COLLECTIONS },
    others: (owner) => ({ s02: signals, s07: labels })[owner as "s02" | "s07"],
  });
  try {
    const pair = pairOf();
    for (const page of drawnPages(pair.active, count, BATCH)) {
      await signals.commit(page.map(({ signal }) => put(signalsSeen, signal)));
      await labels.commit(page.map((seen) => put(labels12h, labelOf(seen))));
    }
    return await timed(count, own, pair);
  } finally {
    for (const each of [own, signals, labels]) await each.close();
    rmSync(folder, { recursive: true });
  }
}

async function timed(count: number, store: SqliteStore, pair: ReturnType<typeof pairOf>): Promise<Stored> {
  const busy: number[] = [];
  let before = performance.now();
  const looking = setInterval(() => {
    const now = performance.now();
    busy.push(Math.max(0, now - before - LOOK_MS));
    before = now;
  }, LOOK_MS);
  const window = { from_ts: 0, to_ts: Number.MAX_SAFE_INTEGER };
  const request = { horizons: ["12h"], window, sensitivity: { epsilon: 0.05, topk: 5, n_eval: 1_000 } };
  const simulation = { sim_id: "bench", request } as Simulation;
  const run = new LabelRun({ store, clock: wallClock(), workers: bunWorkers() }, simulation, pair);
  const begun = performance.now();
  try {
    for (;;) {
      const { found } = await run.part();
      // As the service does between two parts.
      await Bun.sleep(1);
      if (!found) continue;
      const { signals } = found.summary!;
      if (signals !== count) throw new Error(`${signals} signals of ${count}`);
      return { seconds: (performance.now() - begun) / 1_000, busy };
    }
  } finally {
    clearInterval(looking);
    await run.stop();
  }
}

function labelOf({ signal, labels }: SeenSignal): (typeof labels12h)["schema"]["_output"] {
  const { signal_id, account, instrument, strategy_id, ts, trigger } = signal;
  const { side, roi_net, leverage } = labels["12h"]!;
  const money = { margin_usdt: "20", gross_usdt: "2.1", fees_usdt: "0.1", funding_usdt: "0", net_usdt: "2" };
  return {
    ...{ signal_id, horizon_h: 12, account, instrument, strategy_id, side, class: "pos", roi_net, ts, leverage },
    ...{ t0: trigger.exch_ts, until: ts + 43_200_000, counterfactual: true, reason: "open", rules: [], qty: "0.006" },
    ...{ entry_price: "60000", entry_at: ts, exit_reason: "mark", open_qty: "0.006", ...money, fills: 0 },
    ...{ price_source: "EXCHANGE_KLINES_1M", config_rev: 1, inputs_hash: signal_id, revision: 1, computed_at: ts },
  };
}

if (import.meta.main) {
  const { seconds, busy } = await simulateStored(Number(process.argv[2] ?? 20_000));
  const sorted = busy.toSorted((a, b) => b - a);
  process.stdout.write(`${seconds} s, longest ${sorted.slice(0, 8).map(Math.round)} ms of ${busy.length}\n`);
}
