/** What exists outside a bundle and the code, for a bundle to name. */
import type { ModelCard } from "../../shared/domain/model.ts";
import type { ProgramCard } from "../../shared/domain/program.ts";

/** A list that is absent is not checked against. */
export interface Known {
  instruments?: readonly string[];
  models?: readonly Pick<ModelCard, "model_id" | "hash" | "features">[];
  programs?: readonly Pick<ProgramCard, "program_id" | "hash">[];
}
