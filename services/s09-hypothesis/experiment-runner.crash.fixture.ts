/** Run by the crash test: carries experiments out over files and threads, saying each trial that is on record. */
import { mkdirSync, writeSync } from "node:fs";
import { join } from "node:path";
import { bunWorkers } from "../../shared/adapters/bun-workers.ts";
import { wallClock } from "../../shared/adapters/clock.ts";
import { FolderBlobs } from "../../shared/adapters/files.ts";
import { systemRandom } from "../../shared/adapters/random.ts";
import { openStore, type SqliteStore } from "../../shared/adapters/sqlite.ts";
import { emit, put } from "../../shared/changes.ts";
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import { experiments, trials } from "../../shared/collections/experiments.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { ASSUMED_LATENCY } from "../../shared/engine/latency.ts";
import { trialTask } from "../../shared/experiment-run/trial-task.ts";
import type { Op, ServiceId } from "../../shared/kit/ports.ts";
import { storeRows } from "../../shared/market-data/library.fixture.ts";
import { Library } from "../../shared/market-data/library.ts";
import { opsEvents } from "../../shared/streams.ts";
import { listingOf } from "../../shared/trading/decision/decision.fixture.ts";
import { ExperimentRunner } from "./experiment-runner.ts";
import { RunExperiment } from "./experiment-types.ts";
import { BTC, candles, design, grid } from "./experiments.fixture.ts";
import { type ExperimentPorts, Experiments } from "./experiments.ts";

const folder = process.argv[2]!;
mkdirSync(folder, { recursive: true });
const stores = new Map<ServiceId, SqliteStore>();
const store = (owner: ServiceId): SqliteStore => {
  const opened =
    stores.get(owner) ??
    openStore({ path: join(folder, `${owner}.sqlite`), owner, collections: COLLECTIONS, others: store });
  stores.set(owner, opened);
  return opened;
};
const clock = wallClock();
const blobs = new FolderBlobs(join(folder, "blobs"));
const own = store("s09");
const say = (line: string): void => void writeSync(1, `${line}\n`);
const commit = own.commit.bind(own);
own.commit = async (ops, options) => {
  await commit(ops, options);
  for (const op of ops) if (isTrial(op)) say(`trial ${(op.value as { trial: number }).trial}`);
};
const isTrial = (op: Op): op is Extract<Op, { op: "put" }> => op.op === "put" && op.collection.name === trials.name;

if ((await own.count(experiments)) === 0) {
  await store("s01").commit([put(instrumentRegistry, listingOf(BTC))]);
  await storeRows(new Library(blobs), { instrument: BTC, kind: "klines", interval: "1m" }, candles(60, "walk"));
  const audit = (entry: Parameters<ExperimentPorts["audit"]>[0]) =>
    emit(opsEvents, { source: "s09", ts: clock.now(), ...entry });
  const taker = new Experiments({ store: own, blobs, clock, random: systemRandom(), audit }, () => {});
  await taker.accept(RunExperiment.parse({ design: design(grid) }), "ann");
}
const runner = new ExperimentRunner({
  ...{ store: own, blobs, clock, workers: bunWorkers(), task: trialTask, exchange: {} as never },
  ...{ latency: ASSUMED_LATENCY, workersCount: 2, ended: () => {} },
});
while (await runner.step());
const { items } = await own.query(experiments, { limit: 1 });
say(`over ${items[0]?.value.status} ${items[0]?.value.summary?.net_usdt}`);
process.exit(0);
