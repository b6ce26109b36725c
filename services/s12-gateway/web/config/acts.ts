/** What the config pages ask for: drafts kept and staged, simulations begun and ended, promotions begun and taken back. */
import type { Promotion, PromotionMode } from "../../../../shared/domain/promotion.ts";
import type { Simulation } from "../../../../shared/domain/simulation.ts";
import { pathWith } from "../api/report-queries.ts";
import type { Translate } from "../i18n/translate.ts";
import type { Act } from "../parts/act-dialog.tsx";
import { change } from "../state/change.ts";
import type { LintReport } from "./lint-report.ts";
import type { RevRef } from "./place.ts";

const pathOf = (path: string): string => pathWith(path, {});

/** The same text is the same draft, however often it is sent. */
export const keepDraft = (bundle: unknown): Promise<RevRef & { hash: string; lint: LintReport }> =>
  change("POST", pathOf("/bundles"), { body: bundle });

const stage = ({ bundle_id, rev }: RevRef, key: string): Promise<unknown> =>
  change("POST", pathOf(`/bundles/${encodeURIComponent(bundle_id)}/stage`), { body: { rev }, key });

export const stageAct = (t: Translate, of: RevRef): Act => ({
  title: t("config.stage.title"),
  plan: () => ({ lines: [t("config.stage.plan", { name: of.bundle_id, rev: of.rev })] }),
  hold: t("config.stage.hold"),
  run: async (key) => {
    await stage(of, key);
    return { lines: [t("config.stage.done")] };
  },
});

/** What was typed is gone for good then. */
export const beginAgainAct = (t: Translate, onBegin: () => void): Act => ({
  title: t("editor.begin_again"),
  plan: () => ({ lines: [t("editor.begin_again.plan")] }),
  hold: t("editor.begin_again.hold"),
  run: async () => {
    onBegin();
    return { lines: [t("editor.begin_again.done")] };
  },
});

/** `key` is the same for every try of the same simulation, so that it is begun once. */
export const simulate = (asked: Record<string, unknown>, key: string): Promise<Pick<Simulation, "sim_id">> =>
  change("POST", pathOf("/simulate"), { body: asked, key });

export const cancelSimulationAct = (t: Translate, { sim_id }: Pick<Simulation, "sim_id">): Act => ({
  title: t("simulation.cancel.title"),
  plan: () => ({ lines: [t("simulation.cancel.plan")] }),
  hold: t("simulation.cancel.hold"),
  run: async (key) => {
    await change("POST", pathOf(`/simulations/${encodeURIComponent(sim_id)}/cancel`), { key });
    return { lines: [t("simulation.cancel.done")] };
  },
});

export interface PromotionAsked extends Record<string, unknown> {
  bundle_id: string;
  to_rev: number;
  mode: PromotionMode;
}
export const promote = (asked: PromotionAsked, key: string): Promise<Pick<Promotion, "promotion_id">> =>
  change("POST", pathOf("/promote"), { body: asked, key });

/** Ends it at once: all triggers belong to the revision that was in force before. */
export const takeBackAct = (t: Translate, { promotion_id, rev, from_rev }: Promotion): Act => ({
  title: t("promotion.abort.title"),
  plan: () => ({ lines: [t("promotion.abort.plan", { rev, from: from_rev })] }),
  hold: t("promotion.abort.hold", { rev }),
  run: async (key) => {
    await change("POST", pathOf(`/promotions/${encodeURIComponent(promotion_id)}/abort`), { key });
    return { lines: [t("promotion.abort.done", { from: from_rev })] };
  },
});
