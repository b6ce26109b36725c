/** What an installation's folder adds to a backtest: registered models and programs, and instruments as it knows them. */
import { wallClock } from "../../shared/adapters/clock.ts";
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import { modelBlob, modelKey, models } from "../../shared/collections/models.ts";
import { programKey, programs } from "../../shared/collections/programs.ts";
import type { Instrument } from "../../shared/domain/instrument.ts";
import type { GroundModel } from "../../shared/experiment-run/trial-ground.ts";
import type { ServiceId, Store } from "../../shared/kit/ports.ts";
import { openBlobs } from "../run/blobs.ts";
import { storedIn } from "../run/folder.ts";
import { openStores } from "../run/stores.ts";

export interface StoredParts {
  model(model_id: string, hash: string): Promise<GroundModel | undefined>;
  /** Its source. */
  program(program_id: string, hash: string): Promise<string | undefined>;
  instruments(): Promise<readonly Instrument[]>;
}

const NOTHING: StoredParts = {
  model: async () => undefined,
  program: async () => undefined,
  instruments: async () => [],
};

/** Whether or not it runs; nothing of a folder that holds no installation. */
export function storedParts(data: string): StoredParts {
  const folder = storedIn(data);
  if (folder === undefined) return NOTHING;
  const place = { folder, env: process.env, clock: wallClock() };
  const reading = async <T>(owner: ServiceId, work: (store: Store) => Promise<T>): Promise<T> => {
    const store = openStores(place).openReader(owner);
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  };
  return {
    async model(model_id, hash) {
      const card = await reading("s09", async (store) => (await store.get(models, modelKey(model_id, hash)))?.value);
      const onnx = card && (await openBlobs(place).get(modelBlob(hash)));
      return card && onnx ? { card, onnx } : undefined;
    },
    program: (program_id, hash) =>
      reading("s10", async (store) => (await store.get(programs, programKey(program_id, hash)))?.value.source),
    instruments: () =>
      reading("s01", async (store) =>
        (await store.query(instrumentRegistry, { limit: 1_000 })).items.map((row) => row.value),
      ),
  };
}
