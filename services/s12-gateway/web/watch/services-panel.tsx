/** Every service with its checks and replicas, and how far the streams lag. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { servicesQuery } from "../api/queries.ts";
import type { ServiceRow } from "../api/shapes.ts";
import { LAGS_EVERY_MS, lagsQuery } from "../api/watch-queries.ts";
import { ageOf, clockText } from "../format/times.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { type Column, column, DataTable } from "../parts/data-table.tsx";
import { Figure } from "../parts/figures.tsx";
import { SubjectLink } from "../parts/links.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { ReplicaTable } from "../parts/replicas.tsx";
import { Empty, Panel } from "../parts/states.tsx";
import { useNarrow } from "../parts/use-narrow.ts";
import { useStaleSince } from "../parts/use-stale.ts";
import { go } from "../state/address.ts";

export function ServicesTable() {
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
export function LagsPanel() {
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
