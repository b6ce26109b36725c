/** The models of the revisions in use: loaded when a bundle names them, asked within their deadline. */
import { modelBlob, modelKey, models } from "../../shared/collections/models.ts";
import type { FeatureValues } from "../../shared/domain/decision.ts";
import type { ModelCard, ModelTrouble, ModelUse } from "../../shared/domain/model.ts";
import { refuse } from "../../shared/errors.ts";
import type { Blobs, Clock, Inference, LoadedModel, Store } from "../../shared/kit/ports.ts";
import { contributionsOf, inputsOf, type ModelSays, rowsOf } from "../../shared/trading/decision/model.ts";

/** A model that could not be loaded is tried again after so long. */
const LOAD_AGAIN_MS = 30_000;
/** Of one model and one trouble people hear once in so long. */
const TELL_AGAIN_MS = 60_000;
/** Signals may still come under a revision that was just replaced. */
const REVISIONS_KEPT = 2;

export interface ModelDeskParts {
  store: Pick<Store, "get">;
  blobs: Pick<Blobs, "get">;
  clock: Clock;
  inference: Inference;
  /** A model had no say, and why. */
  troubled(use: ModelUse, trouble: ModelTrouble, why: string): void;
  asked(use: ModelUse, ms: number, trouble: ModelTrouble | undefined): void;
}

interface Ready {
  card: ModelCard;
  model: LoadedModel;
}
interface Held {
  ready: Ready | undefined;
  /** Set while it loads. */
  loading: Promise<void> | undefined;
  failed: { why: string; at: number } | undefined;
  /** One at a time. A run that is past its deadline goes on, and none is put behind it. */
  running: { until: number; ended: Promise<unknown> } | undefined;
}

export class ModelDesk {
  private readonly parts: ModelDeskParts;
  private readonly held = new Map<string, Held>();
  private readonly told = new Map<string, number>();
  /** What each of the newest revisions names. */
  private revisions: string[][] = [];

  constructor(parts: ModelDeskParts) {
    this.parts = parts;
  }

  /** Loads what a new revision names and lets go of what no revision in use does. */
  follow(uses: readonly ModelUse[]): void {
    this.revisions = [uses.map(keyOf), ...this.revisions].slice(0, REVISIONS_KEPT);
    const inUse = new Set(this.revisions.flat());
    for (const [key, { ready }] of this.held) {
      if (inUse.has(key)) continue;
      this.held.delete(key);
      ready?.model.release().catch(() => {});
    }
    for (const use of uses) this.begin(use);
  }

  /** Resolves when everything named has been loaded or has failed to. */
  async settled(): Promise<void> {
    await Promise.all([...this.held.values()].map((held) => held.loading));
  }

  /** Never throws: a model that is missing, slow or broken says so. `side`: 1 to buy, −1 to sell. */
  async ask(use: ModelUse, values: FeatureValues, side: number): Promise<ModelSays> {
    const { clock } = this.parts;
    const started = clock.mono();
    const [says, why] = await this.answer(use, values, side);
    const ms = clock.mono() - started;
    this.parts.asked(use, ms, says.trouble);
    // Of one that is missing people hear when loading it fails.
    if (says.trouble && says.trouble !== "missing") this.tell(use, says.trouble, why);
    return { ...says, ms };
  }

  private async answer(use: ModelUse, values: FeatureValues, side: number): Promise<[ModelSays, string]> {
    const { clock } = this.parts;
    const held = this.begin(use);
    const late = Promise.withResolvers<void>();
    const until = clock.mono() + use.deadline_ms;
    const cancel = clock.after(use.deadline_ms, late.resolve);
    try {
      if (held.loading) await Promise.race([held.loading, late.promise]);
      const { ready } = held;
      if (!ready) return [none("missing"), held.failed?.why ?? "it is still being loaded"];
      const row = inputsOf(ready.card, values, side);
      if (!row) return [none("features"), `one of ${ready.card.features.join(", ")} has no value`];
      // A rehearsal's, say. Who waited in vain, or would wait behind one that is late, goes on without a word.
      while (held.running) {
        if (clock.mono() >= Math.min(until, held.running.until)) return [none("slow"), "it is busy with others"];
        await Promise.race([held.running.ended, late.promise]);
      }
      const run = ready.model.run(rowsOf(row, ready.card.reference));
      this.occupy(held, { until, run });
      const p = await Promise.race([run, late.promise]);
      // It may have computed on this very thread, where no timer could tell.
      if (!p || clock.mono() > until) return [none("slow"), `it took longer than ${use.deadline_ms} ms`];
      return [{ p: p[0] as number, contributions: contributionsOf(ready.card, row, p) }, ""];
    } catch (error) {
      return [none("broken"), String(error)];
    } finally {
      cancel();
    }
  }

  private occupy(held: Held, { until, run }: { until: number; run: Promise<unknown> }): void {
    const free = () => {
      held.running = undefined;
    };
    // One that fails past its deadline is nobody's to hear of.
    held.running = { until, ended: run.then(free, free) };
  }

  /** What is held of it now, or what begins to be loaded. */
  private begin(use: ModelUse): Held {
    const key = keyOf(use);
    const held = this.held.get(key) ?? { ready: undefined, loading: undefined, failed: undefined, running: undefined };
    this.held.set(key, held);
    const isDue = held.failed === undefined || this.parts.clock.now() - held.failed.at >= LOAD_AGAIN_MS;
    if (!held.ready && !held.loading && isDue) held.loading = this.load(use, held);
    return held;
  }

  private async load(use: ModelUse, held: Held): Promise<void> {
    try {
      held.ready = await this.read(use);
      held.failed = undefined;
      if (this.held.get(keyOf(use)) !== held) await held.ready.model.release();
    } catch (error) {
      held.failed = { why: error instanceof Error ? error.message : String(error), at: this.parts.clock.now() };
      this.tell(use, "missing", held.failed.why);
    } finally {
      held.loading = undefined;
    }
  }

  private async read({ model_id, hash }: ModelUse): Promise<Ready> {
    const { store, blobs, inference } = this.parts;
    const card = (await store.get(models, modelKey(model_id, hash)))?.value;
    if (!card) return refuse("NOT_FOUND", "it is not registered");
    const onnx = await blobs.get(modelBlob(hash));
    if (!onnx) return refuse("NOT_FOUND", "its file is missing");
    return { card, model: await inference.load(onnx, card.features.length) };
  }

  private tell(use: ModelUse, trouble: ModelTrouble, why: string): void {
    const key = `${keyOf(use)} ${trouble}`;
    const now = this.parts.clock.now();
    const last = this.told.get(key) ?? Number.NEGATIVE_INFINITY;
    if (now - last < TELL_AGAIN_MS) return;
    this.told.set(key, now);
    this.parts.troubled(use, trouble, why);
  }
}

const none = (trouble: ModelTrouble): ModelSays => ({ p: null, trouble });
const keyOf = ({ model_id, hash }: ModelUse): string => modelKey(model_id, hash);
