/** Asking for a promotion: how much, how long, what follows; what the gates say; done by a held button, once proven. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { FieldProblem } from "../../../../shared/client/problem.ts";
import type { GateResult } from "../../../../shared/domain/promotion.ts";
import { activeQuery, servicesQuery } from "../api/queries.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { type Act, ActDialog } from "../parts/act-dialog.tsx";
import { Empty, Loaded, Panel } from "../parts/states.tsx";
import { problemsAt } from "../research/design.ts";
import { FormEnd } from "../research/form-end.tsx";
import { FormPart, PickInput, TextInput } from "../research/form-fields.tsx";
import { mayPromote, useMe } from "../state/me.ts";
import { promote } from "./acts.ts";
import { armsOf } from "./arms.ts";
import { GateList } from "./gate-list.tsx";
import { gateCounts } from "./gates.ts";
import { ConfigLink } from "./links.tsx";
import { readRevName, revName } from "./place.ts";
import {
  afterwardsOf,
  isShownInPromotion,
  MODES,
  newPromotion,
  type PromotionDraft,
  promotionOf,
} from "./promotion-draft.ts";
import { isShare } from "./promotion-words.ts";
import { recentBundlesQuery } from "./queries.ts";
import { gatesBeforeQuery, useGatesBefore } from "./use-gates-before.ts";

const NOTE_MAX = 2_000;

export function NewPromotionPage({ of }: { of: string | undefined }) {
  const { t } = useText();
  const me = useMe();
  const client = useQueryClient();
  const [draft, setDraft] = useState(() => newPromotion(of ?? ""));
  const [isTried, setTried] = useState(false);
  const [act, setAct] = useState<Act>();
  const problems = isTried ? promotionOf(draft).problems : [];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (promotionOf(draft).problems.length > 0) return;
    const gates = () => client.fetchQuery(gatesBeforeQuery(draft.of, draft.mode));
    setAct(promoteAct(t, draft, gates));
  };
  return (
    <Panel
      className="research-form page-panel"
      title={t("promotion.new")}
      aside={<ConfigLink to={{ at: "promotions" }}>← {t("config.promotions")}</ConfigLink>}
    >
      <p className="muted padded">{t("promotion.about")}</p>
      <form onSubmit={submit} noValidate>
        <HowPart draft={draft} problems={problems} onChange={(part) => setDraft({ ...draft, ...part })} />
        <GatesPart draft={draft} />
        <FormEnd
          problems={problems}
          isShown={isShownInPromotion}
          error={undefined}
          isBusy={false}
          may={mayPromote(me)}
          submit={t("promotion.look")}
        />
      </form>
      <ActDialog act={act} onClose={() => setAct(undefined)} />
    </Panel>
  );
}

interface HowPartProps {
  draft: PromotionDraft;
  problems: readonly FieldProblem[];
  onChange: (change: Partial<PromotionDraft>) => void;
}

function HowPart({ draft, problems, onChange }: HowPartProps) {
  const { t } = useText();
  const { mode } = draft;
  const active = useQuery(activeQuery).data;
  const rows = useQuery(recentBundlesQuery).data ?? [];
  const revisions = rows
    .filter(({ rev }) => !armsOf(rev, active).includes("stable"))
    .map((row) => [revName(row), `${row.bundle_id} ${row.rev} · ${t(`bundle_status.${row.status}`)}`] as const);
  const chosen =
    revisions.some(([name]) => name === draft.of) || draft.of === "" ? [] : [[draft.of, draft.of] as const];
  return (
    <FormPart title={t("promotion.how")}>
      <PickInput
        label={t("config.revision")}
        value={draft.of}
        choices={[["", t("form.choose")], ...chosen, ...revisions]}
        problems={problemsAt(problems, "to_rev")}
        onChoose={(of) => onChange({ of })}
      />
      <PickInput
        label={t("promotion.mode")}
        value={mode}
        choices={MODES.map((each) => [each, t(`promotion_mode.${each}`)] as const)}
        hint={t(`promotion_mode.${mode}.hint`)}
        onChoose={(next) => onChange({ mode: next })}
      />
      {mode === "CANARY" ? (
        <TextInput
          label={t("promotion.share")}
          value={draft.share}
          inputMode="decimal"
          problems={problemsAt(problems, "traffic_pct")}
          onChange={(share) => onChange({ share })}
        />
      ) : null}
      {isShare(mode) ? (
        <>
          <TextInput
            label={t("promotion.hours")}
            value={draft.hours}
            inputMode="decimal"
            problems={problemsAt(problems, "duration_h")}
            onChange={(hours) => onChange({ hours })}
          />
          <PickInput
            label={t("promotion.afterwards")}
            value={afterwardsOf(mode).includes(draft.afterwards) ? draft.afterwards : "HOLD"}
            choices={afterwardsOf(mode).map((each) => [each, t(`promotion_afterwards.${each}`)] as const)}
            onChoose={(afterwards) => onChange({ afterwards })}
          />
        </>
      ) : null}
      <TextInput
        label={t("promotion.note")}
        value={draft.note}
        className="grow"
        maxLength={NOTE_MAX}
        onChange={(note) => onChange({ note })}
      />
    </FormPart>
  );
}

function GatesPart({ draft }: { draft: PromotionDraft }) {
  const { t } = useText();
  const query = useGatesBefore(draft.of, draft.mode);
  const approvals = useQuery(servicesQuery).data?.approvals;
  return (
    <FormPart title={t("gate.now")} hint={t("gate.now.hint")}>
      <div className="wide-field gates-now">
        {readRevName(draft.of) === undefined ? (
          <Empty>{t("gate.choose")}</Empty>
        ) : (
          <Loaded query={query} rows={4}>
            {(gates) => (gates.length === 0 ? <Empty>{t("gate.rollback")}</Empty> : <GateList gates={gates} />)}
          </Loaded>
        )}
        {approvals === "two" && draft.mode !== "ROLLBACK" ? (
          <p className="muted padded">{t("promotion.second")}</p>
        ) : null}
      </div>
    </FormPart>
  );
}

function promoteAct(t: Translate, draft: PromotionDraft, gates: () => Promise<GateResult[]>): Act {
  const { asked } = promotionOf(draft);
  const what = { name: asked.bundle_id, rev: asked.to_rev, share: draft.share, hours: draft.hours };
  return {
    title: t(`promotion_act.${draft.mode}`, what),
    plan: async () => {
      const found = await gates();
      const failed = gateCounts(found).failed;
      return {
        lines: [
          t(`promotion_plan.${draft.mode}`, what),
          ...(failed > 0 ? [t("gate.stand_in_way", { count: failed })] : []),
        ],
        more: found.length > 0 ? <GateList gates={found} /> : undefined,
        bad: failed > 0,
      };
    },
    hold: t(`promotion_hold.${draft.mode}`, what),
    run: async (key) => {
      const { promotion_id } = await promote(asked, key);
      return {
        lines: [t("promotion.begun")],
        more: <ConfigLink to={{ at: "promotion", id: promotion_id }}>{t("promotion.follow")} →</ConfigLink>,
      };
    },
  };
}
