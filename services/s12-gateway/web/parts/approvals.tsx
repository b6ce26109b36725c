/** What waits for a person's word: exactly what would be done, who asks, until when; and what was decided before. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Approval } from "../../../../shared/collections/people.ts";
import { approvalsQuery } from "../api/page-queries.ts";
import { servicesQuery } from "../api/queries.ts";
import { type MessageKey, type Translate, useText } from "../i18n/translate.ts";
import { collectApproved, decideApproval } from "../state/acts.ts";
import { addressStore } from "../state/address.ts";
import { canBeCollected, canBeEnded, inOrder, isWaiting, mayDecide, whyNotApprove } from "../state/approvals.ts";
import { useMe } from "../state/me.ts";
import { useStore } from "../state/store.ts";
import { subjectWords } from "../stories/approval-words.ts";
import { type Act, ActDialog } from "./act-dialog.tsx";
import { When } from "./figures.tsx";
import { LoadedHere } from "./loaded-here.tsx";
import { Secret } from "./secret.tsx";
import { Empty, Panel } from "./states.tsx";

/** All of them, or those of one kind. */
export function ApprovalsPanel({ kind }: { kind?: Approval["kind"] }) {
  const { t } = useText();
  const query = useQuery(approvalsQuery);
  const [act, setAct] = useState<Act>();
  const here = useStore(addressStore, ({ page, id }) => (page === "approvals" ? id : ""));
  const fitting = (approvals: readonly Approval[]) => approvals.filter((each) => !kind || each.kind === kind);
  const waiting = fitting(query.data ?? []).filter(isWaiting).length;
  return (
    <Panel
      id="approvals"
      className="approvals"
      title={t("approvals.title")}
      aside={<span className="count">{waiting > 0 ? waiting : null}</span>}
    >
      <Mode />
      <LoadedHere query={query} rows={3} what={t("approvals.title")}>
        {(all) => {
          const approvals = inOrder(fitting(all));
          return approvals.length === 0 ? (
            <Empty>{t("approvals.empty")}</Empty>
          ) : (
            <ul className="rows">
              {approvals.map((approval) => (
                <Row
                  key={approval.approval_id}
                  approval={approval}
                  isChosen={approval.approval_id === here}
                  onAct={setAct}
                />
              ))}
            </ul>
          );
        }}
      </LoadedHere>
      <ActDialog act={act} onClose={() => setAct(undefined)} />
    </Panel>
  );
}

/** Whether one person is enough, said where it counts. */
function Mode() {
  const { t } = useText();
  const mode = useQuery(servicesQuery).data?.approvals;
  if (!mode) return null;
  return (
    <p className="approvals-mode" data-mode={mode}>
      {t(`approvals.mode.${mode}`)}
    </p>
  );
}

interface RowProps {
  approval: Approval;
  /** The one that was linked to. */
  isChosen: boolean;
  onAct: (act: Act) => void;
}

function Row({ approval, isChosen, onAct }: RowProps) {
  const { t } = useText();
  const { state, decided_by, decided_at, outcome, expires_at, created_at } = approval;
  const isPending = isWaiting(approval);
  return (
    <li className="approval" data-state={state} aria-current={isChosen || undefined}>
      <p>
        <When ts={created_at} day />
        <span className="status" data-status={state}>
          {t(`approval.${state}`)}
        </span>
        <strong>{subjectWords(t, approval)}</strong>
      </p>
      <p className="muted">
        {askedWords(t, approval)}{" "}
        {isPending ? (
          <>
            {t("approval.until")} <When ts={expires_at} day />
            {t("sentence.end")}{" "}
          </>
        ) : null}
        {decided_by ? (
          <>
            {t("approval.by", { who: decided_by })} <When ts={decided_at} day />
            {t("sentence.end")}
          </>
        ) : null}
        {approval.self_approved ? ` ${t("approval.self")}` : null}
        {outcome ? ` ${t.say(outcome)}` : null}
      </p>
      {canBeEnded(approval) ? <Decide approval={approval} onAct={onAct} /> : null}
    </li>
  );
}

function Decide({ approval, onAct }: Omit<RowProps, "isChosen">) {
  const { t } = useText();
  const me = useMe();
  const why = whyNotApprove(approval, me, useQuery(servicesQuery).data?.approvals);
  return (
    <>
      <p className="act-buttons">
        {isWaiting(approval) ? (
          <button
            type="button"
            className="button"
            disabled={why !== undefined}
            onClick={() => onAct(approvalAct(t, approval, "approve"))}
          >
            {t("approval.approve")}
          </button>
        ) : null}
        {canBeCollected(approval, me) ? (
          <button type="button" className="button primary" onClick={() => onAct(collectAct(t, approval))}>
            {t("approval.collect")}
          </button>
        ) : null}
        <button
          type="button"
          className="button"
          disabled={!mayDecide(approval, me)}
          onClick={() => onAct(approvalAct(t, approval, "refuse"))}
        >
          {t("approval.refuse")}
        </button>
      </p>
      {why && isWaiting(approval) ? (
        <p className="muted">{t(`approval.why_not.${why}`, { role: me ? t(`role.${me.role}`) : "–" })}</p>
      ) : null}
    </>
  );
}

const askedWords = (t: Translate, { requested_by: who, subject }: Approval): string => {
  const { reason } = subject as { reason?: string };
  return reason ? t("approval.asked", { who, reason }) : t("approval.asked_by", { who });
};

const approvalAct = (t: Translate, approval: Approval, how: "approve" | "refuse"): Act => ({
  title: t(`approval.${how}.title`),
  plan: () => {
    const effect = how === "approve" && approval.collect ? "approval.approve.collect" : `approval.${how}.effect`;
    return { lines: [subjectWords(t, approval), askedWords(t, approval), t(effect as MessageKey)] };
  },
  hold: t(`approval.${how}.hold`),
  run: async (key) => {
    const { state, outcome } = await decideApproval(approval, how, key);
    const said = t("approval.now", { state: t(`approval.${state}` as MessageKey) });
    return { lines: [said, ...(outcome ? [t.say(outcome)] : [])], bad: state === "FAILED" };
  },
});

const SECRETS = ["one_time_password", "api_key"] as const;

const collectAct = (t: Translate, approval: Approval): Act => ({
  title: t("approval.collect.title"),
  plan: () => ({ lines: [subjectWords(t, approval), t("approval.collect.effect")] }),
  hold: t("approval.collect.hold"),
  run: async () => {
    const { answer } = await collectApproved(approval.approval_id);
    const lines = SECRETS.map((name) => answer[name]).filter((value): value is string => typeof value === "string");
    const more = lines.length > 0 ? <Secret label={subjectWords(t, approval)} lines={lines} /> : null;
    return { lines: [t("approval.now", { state: t("approval.DONE") })], more };
  },
});
