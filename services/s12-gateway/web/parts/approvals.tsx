/** What waits for a person's word: exactly what would be done, who asks, until when; and what was decided before. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Approval } from "../../../../shared/collections/people.ts";
import { approvalsQuery } from "../api/page-queries.ts";
import { usdtText } from "../format/numbers.ts";
import { type MessageKey, type Translate, useText } from "../i18n/translate.ts";
import { decideApproval } from "../state/acts.ts";
import { mayApprove, useMe } from "../state/me.ts";
import { type Act, ActDialog } from "./act-dialog.tsx";
import { When } from "./figures.tsx";
import { LoadedHere } from "./loaded-here.tsx";
import { Empty, Panel } from "./states.tsx";

export function ApprovalsPanel() {
  const { t } = useText();
  const me = useMe();
  const query = useQuery(approvalsQuery);
  const [act, setAct] = useState<Act>();
  const pending = query.data?.filter((approval) => approval.state === "PENDING").length ?? 0;
  return (
    <Panel
      id="approvals"
      className="approvals"
      title={t("approvals.title")}
      aside={<span className="count">{pending > 0 ? pending : null}</span>}
    >
      <LoadedHere query={query} rows={3} what={t("approvals.title")}>
        {(approvals) =>
          approvals.length === 0 ? (
            <Empty>{t("approvals.empty")}</Empty>
          ) : (
            <ul className="rows">
              {approvals.map((approval) => (
                <Row key={approval.approval_id} approval={approval} onAct={mayApprove(me) ? setAct : undefined} />
              ))}
            </ul>
          )
        }
      </LoadedHere>
      <ActDialog act={act} onClose={() => setAct(undefined)} />
    </Panel>
  );
}

/** What would be done, in words: the approval binds exactly this. */
export function subjectWords(t: Translate, { kind, subject }: Approval): string {
  const { from, to, amount_usdt } = subject as { from?: string; to?: string; amount_usdt?: string };
  if (kind !== "TRANSFER" || !from || !to) return JSON.stringify(subject);
  const wallet = (name: string) => t(`wallet_in.${name}` as MessageKey);
  return t("transfer.plan", { amount: usdtText(amount_usdt), from: wallet(from), to: wallet(to) });
}

function Row({ approval, onAct }: { approval: Approval; onAct: ((act: Act) => void) | undefined }) {
  const { t } = useText();
  const { state, requested_by, decided_by, decided_at, outcome, expires_at, created_at } = approval;
  const { reason } = approval.subject as { reason?: string };
  const isPending = state === "PENDING";
  const mayEnd = isPending || (state === "APPROVED" && approval.withdrawn_by === undefined);
  return (
    <li className="approval" data-state={state}>
      <p>
        <When ts={created_at} day />
        <span className="status" data-status={state}>
          {t(`approval.${state}`)}
        </span>
        <strong>{subjectWords(t, approval)}</strong>
      </p>
      <p className="muted">
        {t("approval.asked", { who: requested_by, reason: reason || "–" })}{" "}
        {isPending ? (
          <>
            {t("approval.until")} <When ts={expires_at} day />
          </>
        ) : null}
        {decided_by ? (
          <>
            {t("approval.by", { who: decided_by })} <When ts={decided_at} day />
          </>
        ) : null}
        {approval.self_approved ? ` ${t("approval.self")}` : null}
        {outcome ? ` ${outcome}` : null}
      </p>
      {mayEnd ? (
        <p className="act-buttons">
          {isPending ? (
            <button
              type="button"
              className="button"
              disabled={!onAct}
              onClick={() => onAct?.(approvalAct(t, approval, "approve"))}
            >
              {t("approval.approve")}
            </button>
          ) : null}
          <button
            type="button"
            className="button"
            disabled={!onAct}
            onClick={() => onAct?.(approvalAct(t, approval, "refuse"))}
          >
            {t("approval.refuse")}
          </button>
        </p>
      ) : null}
    </li>
  );
}

const approvalAct = (t: Translate, approval: Approval, how: "approve" | "refuse"): Act => ({
  title: t(`approval.${how}.title`),
  plan: () => {
    const { reason } = approval.subject as { reason?: string };
    return {
      lines: [
        subjectWords(t, approval),
        t("approval.asked", { who: approval.requested_by, reason: reason || "–" }),
        t(`approval.${how}.effect`),
      ],
    };
  },
  hold: t(`approval.${how}.hold`),
  run: async (key) => {
    const { state, outcome } = await decideApproval(approval, how, key);
    const said = t("approval.now", { state: t(`approval.${state}` as MessageKey) });
    return { lines: [said, ...(outcome ? [outcome] : [])], bad: state === "FAILED" };
  },
});
