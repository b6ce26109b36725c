/** Writes down where the factors stand now and then and at the end, so that a restart need not begin anew. */
import { put } from "../../shared/changes.ts";
import { factorSnapshots } from "../../shared/collections/features.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import type { InstrumentFeatures } from "../../shared/trading/factors/instrument-features.ts";
import type { EngineSnapshot } from "../../shared/trading/factors/snapshot.ts";
import { REGISTRY } from "./kept-features.ts";

/** More instruments than one installation follows. */
const INSTRUMENTS_MAX = 1_000;

interface Parts {
  store: Pick<Store, "commit" | "query">;
  clock: Clock;
}

/** One commit for each instrument, so that none makes another's events wait for long. */
export async function saveSnapshots(
  { store, clock }: Parts,
  all: Iterable<Pick<InstrumentFeatures, "engine" | "fired">>,
): Promise<void> {
  for (const features of all) {
    const { engine } = features;
    if (Number.isNaN(engine.exchTs)) continue;
    const { instrument, exchTs } = engine;
    const state = JSON.stringify(engine.snapshot());
    const row = { instrument, registry: REGISTRY, exch_ts: exchTs, ts: clock.now(), state, fired: features.fired() };
    await store.commit([put(factorSnapshots, row)]);
  }
}

/** Those of this version of the families; `refused`: the instruments of the others. */
export async function loadSnapshots({
  store,
}: Pick<Parts, "store">): Promise<{ usable: EngineSnapshot[]; refused: string[] }> {
  const { items } = await store.query(factorSnapshots, { limit: INSTRUMENTS_MAX });
  const usable: EngineSnapshot[] = [];
  const refused: string[] = [];
  for (const { value } of items) {
    if (value.registry === REGISTRY) usable.push(JSON.parse(value.state) as EngineSnapshot);
    else refused.push(value.instrument);
  }
  return { usable, refused };
}
