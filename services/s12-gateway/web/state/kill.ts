/** The kill switch as the page drives it: one request per decision, repeated safely, with what is left to do. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import type { KillAnswer } from "../../../../shared/client/gen/types.ts";
import { chimera } from "../api/chimera.ts";
import { freshKey } from "../api/now.ts";
import { killQuery } from "../api/queries.ts";
import type { KillMode } from "../api/shapes.ts";
import { proven } from "./change.ts";

export interface KillOrder {
  enable: boolean;
  mode: KillMode;
  reason: string;
  /** Of the one that is turned off: no other is. */
  epoch?: number;
}
export const REASON_CHARACTERS_MAX = 200;

const same = (a: KillOrder, b: KillOrder): boolean =>
  a.enable === b.enable && a.mode === b.mode && a.reason === b.reason && a.epoch === b.epoch;

/** After a failure the same order goes out under the same key, so that a retry cannot act twice. */
export function useKill() {
  const client = useQueryClient();
  const last = useRef<{ order: KillOrder; key: string } | undefined>(undefined);
  return useMutation({
    mutationFn: (order: KillOrder) => {
      if (!last.current || !same(last.current.order, order)) last.current = { order, key: freshKey() };
      return proven((given) => chimera.setKillSwitch(order, given), last.current.key);
    },
    onSuccess: (answer, order) => {
      last.current = undefined;
      client.setQueryData(
        killQuery.queryKey,
        (shown): KillAnswer | undefined =>
          shown && { ...shown, enabled: answer.enabled, epoch: answer.epoch, mode: order.mode, reason: order.reason },
      );
      void client.invalidateQueries();
    },
  });
}
export type KillMutation = ReturnType<typeof useKill>;
