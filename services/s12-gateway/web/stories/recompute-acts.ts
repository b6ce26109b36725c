/** Asking for a recomputation of features, and ending one, with what it would do in words. */
import type { FeatureJob } from "../../../../shared/client/gen/types.ts";
import { chimera } from "../api/chimera.ts";
import type { Translate } from "../i18n/translate.ts";
import type { Act } from "../parts/act-dialog.tsx";
import { proven } from "../state/change.ts";

type Asked = Pick<FeatureJob, "symbols" | "windows" | "force">;

export const recomputeAct = (t: Translate, request: Asked): Act => ({
  title: t("recompute.ask"),
  plan: () => ({
    lines: [
      t("recompute.plan", { symbols: request.symbols.join(", "), windows: request.windows.join(", ") }),
      t(request.force ? "recompute.plan.force" : "recompute.plan.missing"),
    ],
  }),
  hold: t("recompute.hold"),
  run: async (key) => {
    const { accepted } = await proven((given) => chimera.recomputeFeatures(request, given), key);
    return { lines: [t("recompute.accepted", { count: accepted })] };
  },
});

export const cancelRecomputeAct = (t: Translate, { job_id }: Pick<FeatureJob, "job_id">): Act => ({
  title: t("recompute.cancel"),
  plan: () => ({ lines: [t("recompute.cancel.plan")] }),
  hold: t("recompute.cancel.hold"),
  run: async (key) => {
    const { state } = await proven((given) => chimera.cancelFeatureJob({ job_id }, given), key);
    return { lines: [t(`job.${state}`)] };
  },
});
