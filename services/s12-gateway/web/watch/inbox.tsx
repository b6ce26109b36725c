/** The alert inbox: what happened and what was done about it, to be seen, silenced or ended, one by one or together. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { AlertRow } from "../api/shapes.ts";
import { ALERT_STATES, alertsPagesQuery, SEVERITIES } from "../api/watch-queries.ts";
import { useText } from "../i18n/translate.ts";
import { ClearAsked, DayField, TextField, useAsked } from "../parts/asked-fields.tsx";
import { When } from "../parts/figures.tsx";
import { SubjectLink } from "../parts/links.tsx";
import { MoreButton } from "../parts/more-button.tsx";
import { Select } from "../parts/select.tsx";
import { Empty, Failed, Panel, Skeleton } from "../parts/states.tsx";
import { acknowledge } from "../state/acts.ts";
import { askedOf } from "../state/asked.ts";
import { mayAct, useMe } from "../state/me.ts";
import { resolveAlert, seeAlerts } from "./acts.ts";
import { rulesQuery } from "./queries.ts";
import { maySilence, SilenceForm, SilencesPanel } from "./silences.tsx";
import { SourceSelect } from "./source-select.tsx";

export function InboxPage() {
  const { t } = useText();
  const { asked } = useAsked();
  const me = useMe();
  const query = useInfiniteQuery(alertsPagesQuery(asked));
  const alerts = query.data?.pages.flatMap((page) => page.items);
  const open = alerts?.filter(({ state }) => state === "OPEN") ?? [];
  return (
    <div className="inbox">
      <Panel
        className="alerts-list"
        id="alerts"
        title={t("alerts.title")}
        aside={
          <span className="panel-acts">
            {alerts ? <span className="muted">{t("orders.shown", { count: alerts.length })}</span> : null}
            {open.length > 1 && mayAct(me) ? <SeeAll ids={open.map(({ alert_id }) => alert_id)} /> : null}
          </span>
        }
      >
        <AlertFilters />
        {query.isPending ? <Skeleton rows={5} /> : null}
        {query.error && !alerts ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : null}
        {alerts?.length === 0 ? (
          <Empty>{Object.keys(asked).length > 0 ? t("alerts.none_fit") : t("alerts.empty")}</Empty>
        ) : (
          <ol className="rows">
            {alerts?.map((alert) => (
              <AlertItem key={alert.alert_id} alert={alert} />
            ))}
          </ol>
        )}
        <MoreButton query={query} label={t("alerts.older")} />
      </Panel>
      <SilencesPanel />
    </div>
  );
}

/** Those on the page, and no other that came meanwhile. */
function SeeAll({ ids }: { ids: readonly string[] }) {
  const { t } = useText();
  const client = useQueryClient();
  const seeing = useMutation({
    mutationFn: () => seeAlerts(ids),
    onSuccess: () => void client.invalidateQueries({ predicate: ({ queryKey }) => isOfAlerts(queryKey[0]) }),
  });
  return (
    <button type="button" className="button" disabled={seeing.isPending} onClick={() => seeing.mutate()}>
      {t("alerts.seen_all", { count: ids.length })}
    </button>
  );
}
const isOfAlerts = (name: unknown): boolean => name === "alerts-pages" || name === "alerts";

function AlertFilters() {
  const { t } = useText();
  const { asked, ask } = useAsked();
  const all = ["", t("filter.all")] as const;
  return (
    <search className="filters">
      <Select
        label={t("alerts.severity")}
        value={askedOf(asked.severity, SEVERITIES)}
        choices={[all, ...SEVERITIES.map((each) => [each, t(`severity.${each}`)] as const)]}
        onChoose={(severity) => ask({ severity })}
      />
      <SourceSelect />
      <Select
        label={t("column.status")}
        value={askedOf(asked.state, ALERT_STATES)}
        choices={[all, ...ALERT_STATES.map((each) => [each, t(`alert_state.${each}`)] as const)]}
        onChoose={(state) => ask({ state })}
      />
      <TextField name="what" label={t("alerts.code")} />
      <TextField name="q" label={t("alerts.text")} />
      <DayField name="from" label={t("filter.from")} />
      <DayField name="to" label={t("filter.to")} />
      <ClearAsked />
    </search>
  );
}

function AlertItem({ alert }: { alert: AlertRow }) {
  const { t } = useText();
  const me = useMe();
  const client = useQueryClient();
  const [isSilencing, setSilencing] = useState(false);
  const refresh = () => client.invalidateQueries({ predicate: ({ queryKey }) => isOfAlerts(queryKey[0]) });
  const seeing = useMutation({ mutationFn: () => acknowledge(alert.alert_id), onSuccess: refresh });
  const ending = useMutation({ mutationFn: () => resolveAlert(alert.alert_id), onSuccess: refresh });
  const state = askedOf(alert.state, ALERT_STATES) || "OPEN";
  const error = seeing.error ?? ending.error;
  const may = mayAct(me);
  return (
    <li className="alert-row" data-state={alert.state}>
      <When ts={alert.ts} day />
      <span className="severity" data-severity={alert.severity}>
        {t(`severity.${alert.severity}`)}
      </span>
      <span className="muted">{alert.source.toUpperCase()}</span>
      <div className="alert-said">
        <SubjectLink kind="alert" id={alert.alert_id} className="link">
          {t.say(alert.message)}
        </SubjectLink>
        {(alert.count ?? 1) > 1 ? <span className="muted"> ×{alert.count}</span> : null}
        {alert.action_taken ? (
          <p className="muted">{t("story.alert.action", { action: t.say(alert.action_taken) })}</p>
        ) : null}
        <p className="muted alert-about">
          {alert.code ? <code>{alert.code}</code> : null}
          {alert.runbook ? (
            <span>
              {t("alerts.runbook")}
              {t("sentence.colon")}
              <code>{alert.runbook}</code>
            </span>
          ) : null}
          {alert.escalated_at ? (
            <span className="warn-text">
              {t("alerts.escalated")} <When ts={alert.escalated_at} />
            </span>
          ) : null}
          {alert.silenced_until ? (
            <span>
              {t("alerts.silenced")} <When ts={alert.silenced_until} day />
            </span>
          ) : null}
          {alert.acked_by ? <span>{t("alerts.seen_by", { who: alert.acked_by })}</span> : null}
        </p>
        <Explained code={alert.code} />
        {error ? <p className="form-error">{t.say(error.message)}</p> : null}
        {isSilencing ? <SilenceForm alert={alert} onDone={() => setSilencing(false)} /> : null}
      </div>
      <span className="muted">{t(`alert_state.${state}`)}</span>
      {may && state !== "RESOLVED" ? (
        <span className="alert-acts">
          {state === "OPEN" ? (
            <button type="button" className="button" disabled={seeing.isPending} onClick={() => seeing.mutate()}>
              {t("alerts.seen")}
            </button>
          ) : null}
          <button type="button" className="button" disabled={ending.isPending} onClick={() => ending.mutate()}>
            {t("alerts.resolve")}
          </button>
          {maySilence(me) ? (
            <button
              type="button"
              className="button"
              aria-expanded={isSilencing}
              onClick={() => setSilencing((before) => !before)}
            >
              {t("alerts.silence")}
            </button>
          ) : null}
        </span>
      ) : null}
    </li>
  );
}

/** What such an alert means, and what to look at and do: the same words as in the runbook. */
function Explained({ code }: { code: string | undefined }) {
  const { t } = useText();
  const rule = useQuery(rulesQuery).data?.find((each) => each.code === code);
  if (!rule) return null;
  return (
    <details className="alert-explained">
      <summary>{t("alerts.what_to_do")}</summary>
      <dl>
        <dt>{t("alerts.means")}</dt>
        <dd>{t.say(rule.means)}</dd>
        <dt>{t("alerts.done")}</dt>
        <dd>{t.say(rule.done)}</dd>
        <dt>{t("alerts.look")}</dt>
        <dd>{t.say(rule.look)}</dd>
        <dt>{t("alerts.act")}</dt>
        <dd>{t.say(rule.act)}</dd>
      </dl>
    </details>
  );
}
