/** The health page: the level with its reasons, every service with its checks, how far streams lag, and the alerts. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { EVERY_MS, healthQuery, servicesQuery } from "../api/queries.ts";
import type { AlertRow, ServiceRow } from "../api/shapes.ts";
import { ALERT_STATES, alertsPagesQuery, LAGS_EVERY_MS, lagsQuery, SEVERITIES } from "../api/watch-queries.ts";
import { ageOf, clockText } from "../format/times.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { ClearAsked, DayField, useAsked } from "../parts/asked-fields.tsx";
import { type Column, column, DataTable } from "../parts/data-table.tsx";
import { Figure, When } from "../parts/figures.tsx";
import { SubjectLink } from "../parts/links.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { MoreButton } from "../parts/more-button.tsx";
import { ReplicaTable } from "../parts/replicas.tsx";
import { Select } from "../parts/select.tsx";
import { Empty, Failed, Loaded, Panel, Skeleton } from "../parts/states.tsx";
import { useNarrow } from "../parts/use-narrow.ts";
import { useStaleSince } from "../parts/use-stale.ts";
import { acknowledge } from "../state/acts.ts";
import { go } from "../state/address.ts";
import { askedOf } from "../state/asked.ts";
import { guideOf } from "../state/guides.ts";
import { mayAct, useMe } from "../state/me.ts";

export function HealthPage() {
  const { t } = useText();
  return (
    <main className="page health-page" aria-label={t("page.health")}>
      <div className="health-left">
        <LevelPanel />
        <ServicesTable />
        <AlertsList />
      </div>
      <LagsPanel />
    </main>
  );
}

function LevelPanel() {
  const { t, locale } = useText();
  const query = useQuery(healthQuery);
  const staleSince = useStaleSince(query, EVERY_MS.health);
  return (
    <Panel
      className="level"
      title={t("health.level")}
      aside={
        staleSince === undefined ? null : (
          <span className="stale-note">{t("page.stale", { time: clockText(staleSince, locale) })}</span>
        )
      }
    >
      <Loaded query={query} rows={2}>
        {({ level, reasons, ts }) => (
          <div className="level-told" data-stale={staleSince !== undefined || undefined}>
            <p className="level-name">
              <span className="light" data-level={level} aria-hidden="true" />
              <strong>{t(`health.${level}`)}</strong>
              <span className="muted">{level}</span>
              <When ts={ts} />
            </p>
            {reasons.length === 0 ? (
              <p className="muted">{t("health.all_well")}</p>
            ) : (
              <ul className="reasons">
                {reasons.map((reason) => (
                  <li key={reason}>{reason}</li>
                ))}
              </ul>
            )}
            <p className="muted">{t(`health.effect.${level}`)}</p>
          </div>
        )}
      </Loaded>
    </Panel>
  );
}

function ServicesTable() {
  const { t } = useText();
  const query = useQuery(servicesQuery);
  const narrow = useNarrow();
  const columns = useMemo(
    () => serviceColumns(t).filter(({ id }) => !narrow || ["service", "status", "checks"].includes(id)),
    [t, narrow],
  );
  return (
    <Panel className="services-table" title={t("services.title")}>
      <LoadedHere query={query} rows={8} what={t("services.title")}>
        {({ items }) => (
          <>
            <div className="scroll-x">
              <DataTable
                caption={t("services.title")}
                columns={columns}
                rows={items}
                rowId={(service) => service.id}
                onOpen={(service) => go({ subject: { kind: "service", id: service.id } })}
              />
            </div>
            {items
              .filter((service) => service.replicas.length > 1 || (service.shard_count ?? 1) > 1)
              .map((service) => (
                <div key={service.id} className="service-replicas">
                  <h3>{`${service.id.toUpperCase()} ${service.title}`}</h3>
                  <ReplicaTable service={service} />
                </div>
              ))}
          </>
        )}
      </LoadedHere>
    </Panel>
  );
}

function serviceColumns(t: Translate): Column<ServiceRow>[] {
  const failing = (service: ServiceRow) => service.checks.filter((check) => check.status !== "OK");
  return [
    column("service", t("story.service"), {
      value: (s) => s.id,
      cell: (s) => (
        <SubjectLink kind="service" id={s.id} className="link service">
          <span className="light" data-status={s.status} aria-hidden="true" />
          {s.id.toUpperCase()}
          <span className="muted">{s.title}</span>
        </SubjectLink>
      ),
    }),
    column("status", t("column.status"), {
      value: (s) => s.status,
      cell: (s) => (
        <span className="status" data-status={s.status}>
          {t(`service.${s.status}`)}
        </span>
      ),
    }),
    column("checks", t("services.checks"), {
      value: (s) => failing(s).length,
      cell: (s) =>
        failing(s).length === 0
          ? t("services.checks.ok", { count: s.checks.length })
          : failing(s)
              .map((check) => `${check.name}: ${check.error ?? check.status}`)
              .join("; "),
    }),
    column("replicas", t("replica.title"), {
      value: (s) => s.replicas.length,
      cell: (s) => (
        <Figure>{`${s.replicas.filter((each) => each.status === "OK").length} / ${s.replicas.length}`}</Figure>
      ),
      right: true,
    }),
    column("uptime", t("replica.uptime"), {
      value: uptimeOf,
      cell: (s) => {
        const { value, unit } = ageOf(uptimeOf(s));
        return <Figure>{t(`age.${unit}`, { value })}</Figure>;
      },
      right: true,
    }),
  ];
}
const uptimeOf = (service: ServiceRow): number =>
  Math.min(...service.replicas.filter(({ status }) => status !== "DOWN").map(({ uptime_ms }) => uptime_ms), 1e15) %
  1e15;

const LAGS_SHOWN = 40;
function LagsPanel() {
  const { t, locale } = useText();
  const query = useQuery(lagsQuery);
  const staleSince = useStaleSince(query, LAGS_EVERY_MS);
  return (
    <Panel
      className="lags"
      title={t("lags.title")}
      aside={
        staleSince === undefined ? (
          <span className="muted">{t("lags.unit")}</span>
        ) : (
          <span className="stale-note">{t("page.stale", { time: clockText(staleSince, locale) })}</span>
        )
      }
    >
      <LoadedHere query={query} rows={8} what={t("lags.title")}>
        {(lags) =>
          lags.length === 0 ? (
            <Empty>{t("lags.empty")}</Empty>
          ) : (
            <ul className="lag-rows">
              {lags.slice(0, LAGS_SHOWN).map((lag) => (
                <li key={lag.stream} title={lag.group}>
                  <code>{lag.stream}</code>
                  <span className="muted">{lag.waiting > 0 ? lag.group : ""}</span>
                  <Figure>{String(lag.waiting)}</Figure>
                </li>
              ))}
            </ul>
          )
        }
      </LoadedHere>
    </Panel>
  );
}

function AlertsList() {
  const { t } = useText();
  const { asked } = useAsked();
  const query = useInfiniteQuery(alertsPagesQuery(asked));
  const alerts = query.data?.pages.flatMap((page) => page.items);
  return (
    <Panel
      className="alerts-list"
      id="alerts"
      title={t("alerts.title")}
      aside={alerts ? <span className="muted">{t("orders.shown", { count: alerts.length })}</span> : null}
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
  );
}

function AlertFilters() {
  const { t } = useText();
  const { asked, ask } = useAsked();
  const services = useQuery(servicesQuery).data?.items ?? [];
  const all = ["", t("filter.all")] as const;
  return (
    <search className="filters">
      <Select
        label={t("alerts.severity")}
        value={askedOf(asked.severity, SEVERITIES)}
        choices={[all, ...SEVERITIES.map((each) => [each, t(`severity.${each}`)] as const)]}
        onChoose={(severity) => ask({ severity })}
      />
      <Select
        label={t("alerts.source")}
        value={asked.source ?? ""}
        choices={[all, ...services.map((each) => [each.id, `${each.id.toUpperCase()} ${each.title}`] as const)]}
        onChoose={(source) => ask({ source })}
      />
      <Select
        label={t("column.status")}
        value={askedOf(asked.state, ALERT_STATES)}
        choices={[all, ...ALERT_STATES.map((each) => [each, t(`alert_state.${each}`)] as const)]}
        onChoose={(state) => ask({ state })}
      />
      <DayField name="from" label={t("filter.from")} />
      <ClearAsked />
    </search>
  );
}

function AlertItem({ alert }: { alert: AlertRow }) {
  const { t } = useText();
  const me = useMe();
  const client = useQueryClient();
  const seeing = useMutation({
    mutationFn: () => acknowledge(alert.alert_id),
    onSuccess: () => client.invalidateQueries({ queryKey: ["alerts-pages"] }),
  });
  const guide = guideOf(alert.code, alert.runbook);
  const isOpen = alert.state === "OPEN";
  return (
    <li className="alert-row" data-state={alert.state}>
      <When ts={alert.ts} day />
      <span className="severity" data-severity={alert.severity}>
        {t(`severity.${alert.severity}`)}
      </span>
      <span className="muted">{alert.source.toUpperCase()}</span>
      <div className="alert-said">
        <SubjectLink kind="alert" id={alert.alert_id} className="link">
          {alert.message}
        </SubjectLink>
        {(alert.count ?? 1) > 1 ? <span className="muted"> ×{alert.count}</span> : null}
        {alert.action_taken ? <p className="muted">{t("story.alert.action", { action: alert.action_taken })}</p> : null}
        {guide ? (
          <p className="muted">
            {t("alerts.runbook")}: <code>{guide}</code>
          </p>
        ) : null}
        {seeing.error ? <p className="form-error">{seeing.error.message}</p> : null}
      </div>
      <span className="muted">{t(`alert_state.${askedOf(alert.state, ALERT_STATES) || "OPEN"}`)}</span>
      {isOpen && mayAct(me) ? (
        <button type="button" className="button" disabled={seeing.isPending} onClick={() => seeing.mutate()}>
          {t("alerts.seen")}
        </button>
      ) : null}
    </li>
  );
}
