/** What a bundle names beside itself and a trial needs: the files of its models, the sources of its programs. */
import { modelBlob, modelKey, models } from "../collections/models.ts";
import { programKey, programs } from "../collections/programs.ts";
import type { Bundle } from "../domain/bundle.ts";
import { refuse } from "../errors.ts";
import type { Blobs, Store } from "../kit/ports.ts";
import type { GroundModel, TrialGround } from "./trial-ground.ts";

export interface PartPorts {
  readonly store: Pick<Store, "get">;
  readonly blobs: Pick<Blobs, "get">;
}

/** Of the strategies that are on. Throws RULE for one that is not there. */
export async function modelsOf(bundle: Bundle, { store, blobs }: PartPorts): Promise<GroundModel[]> {
  const uses = bundle.strategies.flatMap(({ enabled, model }) => (enabled && model ? [model] : []));
  const keys = new Map(uses.map((use) => [modelKey(use.model_id, use.hash), use]));
  return Promise.all(
    [...keys].map(async ([key, { model_id, hash }]) => {
      const card =
        (await store.get(models, key))?.value ?? refuse("RULE", `Model ${model_id} ${hash} is not registered.`);
      const onnx =
        (await blobs.get(modelBlob(hash))) ?? refuse("RULE", `The file of model ${model_id} ${hash} is gone.`);
      const { features, reference } = card;
      return { card: { model_id, hash, features, reference }, onnx };
    }),
  );
}

/** As above. */
export async function programsOf(
  bundle: Bundle,
  { store }: Pick<PartPorts, "store">,
): Promise<TrialGround["programs"]> {
  const uses = bundle.strategies.flatMap(({ enabled, program }) => (enabled && program ? [program] : []));
  return Promise.all(
    uses.map(async ({ program_id, hash }) => {
      const row = await store.get(programs, programKey(program_id, hash));
      return [hash, row?.value.source ?? refuse("RULE", `Program ${program_id} ${hash} is not registered.`)] as const;
    }),
  );
}
