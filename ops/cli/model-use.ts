/** How a bundle uses a model that is on record: the lines to copy. */
import type { ModelCard } from "../../shared/domain/model.ts";
import { bold, dim, green } from "./terminal.ts";

/** The lines of a bundle by which a strategy uses it. */
export const howToUse = ({ model_id, hash, features }: ModelCard): string[] => [
  `${green("●")} ${bold(model_id)} is registered. In a bundle, a strategy uses it by:`,
  "",
  "    model:",
  `      model_id: ${model_id}`,
  `      hash: ${hash}`,
  "      cutoffs: [{ p_min: 0.5, size_mult: 1 }]   # below the least of them no entry",
  "",
  dim(`  The bundle's factors must list ${features.filter((f) => f !== "side").join(", ")}.`),
];
