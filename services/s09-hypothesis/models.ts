/** Models on record: tried before they are kept, their file under its own hash, never changed afterwards. */
import { createHash } from "node:crypto";
import { put } from "../../shared/changes.ts";
import { modelBlob, modelKey, models } from "../../shared/collections/models.ts";
import type { ModelCard } from "../../shared/domain/model.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import type { Blobs, Clock, Inference, Op, Store } from "../../shared/kit/ports.ts";
import { newestFirst, pageOf } from "../../shared/paging.ts";
import { FAMILIES, parseFactor, SIDE_FACTOR } from "../../shared/trading/factors/registry.ts";
import {
  MODEL_BYTES_MAX,
  type ModelListAnswer,
  type ModelListRequest,
  type ModelNamed,
  type NewModel,
} from "./types.ts";

export interface ModelParts {
  store: Store;
  blobs: Pick<Blobs, "put">;
  clock: Pick<Clock, "now">;
  inference: Inference;
  audit(entry: { actor: string; what: string; ref: string; outcome: string; after?: unknown }): Op;
}

/** What is said of a model besides its file. */
type About = Omit<NewModel, "onnx"> & Pick<ModelCard, "training_id">;

/** By which a model goes on record. */
export const hashOfModel = (file: Uint8Array): string => createHash("sha256").update(file).digest("hex");

export class Models {
  private readonly parts: ModelParts;
  constructor(parts: ModelParts) {
    this.parts = parts;
  }

  /**
   * The same model again answers what is on record. Throws INVALID for inputs that are no factors, RULE for a file that
   * is no model of that many inputs, CONFLICT for the same file under the same name with other inputs.
   */
  async register({ onnx, ...request }: NewModel, author: string): Promise<ModelCard> {
    refuseUnknown(request.features);
    const file = Buffer.from(onnx, "base64");
    if (file.length > MODEL_BYTES_MAX) refuse("TOO_LARGE", `A model has at most ${MODEL_BYTES_MAX} bytes.`);
    return this.keep(file, request, { author });
  }

  /** `also` goes into the commit that puts it on record, or into one by itself where it is on record already. */
  async keep(file: Uint8Array, about: About, { author, also = [] }: { author: string; also?: readonly Op[] }) {
    const { store, blobs, clock, audit } = this.parts;
    const hash = hashOfModel(file);
    const known = (await store.get(models, modelKey(about.model_id, hash)))?.value;
    if (known) {
      const card = asRegistered(known, about.features);
      if (also.length > 0) await store.commit(also, { sync: "full" });
      return card;
    }
    await this.tryOut(file, about.features.length);
    const { reference = about.features.map(() => 0) } = about;
    const card: ModelCard = { ...about, reference, hash, bytes: file.length, author, created_at: clock.now() };
    // The file first: a card without its file would be a model that is missing.
    await blobs.put(modelBlob(hash), file);
    const entry = audit({
      actor: author,
      what: "model.register",
      ref: modelKey(card.model_id, hash),
      after: card,
      outcome: "stored",
    });
    try {
      await store.commit([put(models, card, null), entry, ...also], { sync: "full" });
    } catch (error) {
      // Somebody else registered it meanwhile.
      const first = (await store.get(models, modelKey(about.model_id, hash)))?.value;
      if (asProblem(error).code !== "CONFLICT" || !first || also.length > 0) throw error;
      return asRegistered(first, about.features);
    }
    return card;
  }

  private async tryOut(file: Uint8Array, inputs: number): Promise<void> {
    const model = await this.parts.inference.load(file, inputs);
    await model.release();
  }

  async list({ model_id, ...asked }: ModelListRequest): Promise<ModelListAnswer> {
    return pageOf(await this.parts.store.query(models, newestFirst(asked, "created_at", { model_id })));
  }

  async get({ model_id, hash }: ModelNamed): Promise<ModelCard> {
    const row = await this.parts.store.get(models, modelKey(model_id, hash));
    return row?.value ?? refuse("NOT_FOUND", `There is no model ${model_id} with that hash.`);
  }
}

function asRegistered(card: ModelCard, features: readonly string[]): ModelCard {
  const isSame = card.features.length === features.length && card.features.every((f, i) => f === features[i]);
  return isSame ? card : refuse("CONFLICT", `${card.model_id} has this file on record with other inputs.`);
}

/** Throws INVALID where one is neither a factor nor the side. */
export function refuseUnknown(features: readonly string[]): void {
  const errors = features.flatMap((id, i) =>
    id === SIDE_FACTOR || parseFactor(id) !== undefined
      ? []
      : [{ field: `features.${i}`, message: `${id} is no factor; there are ${FAMILIES.length} families at /factors` }],
  );
  if (errors.length > 0) refuse("INVALID", "An input is no factor.", { errors });
}
