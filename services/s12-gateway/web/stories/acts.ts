/** Acts on trades and orders, each with what it would do in words: the same wherever they are asked for. */
import type { Order } from "../../../../shared/domain/order.ts";
import type { ManageRequest } from "../api/shapes.ts";
import { asGiven } from "../format/numbers.ts";
import type { Translate } from "../i18n/translate.ts";
import type { Act } from "../parts/act-dialog.tsx";
import { cancelOrder, flattenPositions, managePositions, pauseStrategy, resumeStrategy } from "../state/acts.ts";
import { orderTerms } from "./life-words.ts";
import { done, planned } from "./manage-words.ts";

export function cancelAct(t: Translate, order: Order): Act {
  const lines = [
    t("cancel.plan", { order: orderTerms(t, order), instrument: order.instrument }),
    Number(order.filled_qty) > 0 ? t("cancel.filled", { filled: asGiven(order.filled_qty) }) : t("cancel.none_filled"),
    ...(order.kind === "SL" || order.kind === "TP" ? [t("cancel.protects")] : []),
  ];
  return {
    title: t("cancel.title"),
    plan: () => ({ lines }),
    hold: t("cancel.hold"),
    run: async () => {
      const { order_ids } = await cancelOrder(order.client_order_id, t("cancel.reason"));
      return { lines: [t("cancel.done", { ids: order_ids.join(", ") || order.client_order_id })] };
    },
  };
}

export const flattenAct = (t: Translate, count: number): Act => ({
  title: t("flatten.title"),
  plan: async () => {
    const told = planned(t, await managePositions({ instruments: [], actions: ["CLOSE"] }));
    return { ...told, lines: told.idle ? told.lines : [t("flatten.plan"), ...told.lines] };
  },
  hold: t("flatten.hold", { count }),
  run: async (key) => {
    const { closing } = await flattenPositions(t("flatten.reason"), key);
    return { lines: [t("flatten.done", { count: closing.length })] };
  },
});

export const manageAct = (t: Translate, what: "stop" | "part" | "close", request: ManageRequest): Act => ({
  title: t(`acts.${what}.title`, { instrument: request.instruments[0] ?? "" }),
  plan: async () => planned(t, await managePositions(request)),
  hold: t(`acts.${what}.hold`),
  run: async (key) => done(t, await managePositions(request, key)),
});

export const pauseAct = (t: Translate, strategy: string, how: "pause" | "resume"): Act => ({
  title: t(`${how}.title`, { strategy }),
  plan: () => ({ lines: [t(`${how}.plan`, { strategy })] }),
  hold: t(`${how}.hold`, { strategy }),
  run: async () => {
    await (how === "pause" ? pauseStrategy(strategy, t("pause.reason")) : resumeStrategy(strategy));
    return { lines: [t(`${how}.done`, { strategy })] };
  },
});
