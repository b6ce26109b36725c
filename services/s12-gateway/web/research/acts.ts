/** What the research pages ask for: runs, their end, hypotheses and trainings. */
import type { ExperimentStatus, Hypothesis } from "../../../../shared/domain/experiment.ts";
import type { NewTraining, Training } from "../../../../shared/domain/training.ts";
import { pathWith } from "../api/report-queries.ts";
import type { Translate } from "../i18n/translate.ts";
import type { Act } from "../parts/act-dialog.tsx";
import { change } from "../state/change.ts";
import type { DesignAsked } from "./design.ts";

interface Accepted {
  exp_id: string;
  status: ExperimentStatus;
}
export type RunAsked = { hypothesis_id: string } | { design: DesignAsked; title?: string };

/** `key` is the same for every try of the same run, so that it is begun once. */
export const runExperiment = (asked: RunAsked, key: string): Promise<Accepted> =>
  change<Accepted>("POST", pathWith("/experiments/run", {}), { body: asked, key });

export interface HypothesisAsked {
  hypothesis_id: string;
  title: string;
  statement: string;
  family: string;
  design: DesignAsked;
}
export const recordHypothesis = (asked: HypothesisAsked, key: string): Promise<Hypothesis> =>
  change<Hypothesis>("POST", pathWith("/hypotheses", {}), { body: asked, key });

export type TrainingAsked = Pick<NewTraining, "model_id" | "label_horizon"> & Partial<NewTraining>;
export const trainModel = (asked: TrainingAsked, key: string): Promise<Training> =>
  change<Training>("POST", pathWith("/models/train", {}), { body: asked, key });

export const cancelExperimentAct = (t: Translate, { exp_id, title }: { exp_id: string; title: string }): Act => ({
  title: t("research.cancel.title"),
  plan: () => ({ lines: [t("research.cancel.plan", { title: title || exp_id })] }),
  hold: t("research.cancel.hold"),
  run: async (key) => {
    await change("POST", pathWith(`/experiments/${encodeURIComponent(exp_id)}/cancel`, {}), { key });
    return { lines: [t("research.cancel.done")] };
  },
});

export const cancelTrainingAct = (t: Translate, { training_id }: Training): Act => ({
  title: t("training.cancel.title"),
  plan: () => ({ lines: [t("training.cancel.plan")] }),
  hold: t("training.cancel.hold"),
  run: async (key) => {
    await change("POST", pathWith(`/trainings/${encodeURIComponent(training_id)}/cancel`, {}), { key });
    return { lines: [t("training.cancel.done")] };
  },
});
