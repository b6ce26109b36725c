/** The trials of an experiment: a map of what was searched, and all of them in a table. */
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import type { Experiment, Trial } from "../../../../shared/domain/experiment.ts";
import {
  HEAT_METRICS,
  heatMapOf,
  shortPath,
  turnedParams,
  valueText,
} from "../../../../shared/report/experiment/heat-map.ts";
import { directionOf, numberText, percentText } from "../format/numbers.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { useAsked } from "../parts/asked-fields.tsx";
import { type Column, column, DataTable } from "../parts/data-table.tsx";
import { Duration, Figure, Money } from "../parts/figures.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { Select } from "../parts/select.tsx";
import { Empty, Panel } from "../parts/states.tsx";
import { askedOf } from "../state/asked.ts";
import { HeatMapTable } from "./heat-map-table.tsx";
import { isGoing, trialsQuery } from "./queries.ts";
import { ValueLine } from "./value-line.tsx";

const PAGE_ROWS = 25;
/** Runs against which nothing was chosen are not part of the map. */
const SEARCHED: ReadonlySet<Trial["role"]> = new Set(["search", "train"]);

interface TrialsPanelsProps {
  experiment: Experiment;
  /** Stands beside the map. */
  beside: ReactNode;
}

export function TrialsPanels({ experiment, beside }: TrialsPanelsProps) {
  const { t } = useText();
  const query = useQuery(trialsQuery(experiment.exp_id, isGoing(experiment)));
  const trials = query.data;
  const searched = useMemo(() => trials?.filter(({ role }) => SEARCHED.has(role)) ?? [], [trials]);
  const params = useMemo(() => turnedParams(searched), [searched]);
  return (
    <>
      {beside !== null || params.length > 0 ? (
        <div className="panel-row">
          {beside}
          {params.length > 0 ? <MapPanel trials={searched} params={params} /> : null}
        </div>
      ) : null}
      <Panel
        className="trials"
        title={t("trials.title")}
        aside={trials ? <span className="muted">{t("trials.count", { count: trials.length })}</span> : null}
      >
        <LoadedHere query={query} rows={5} what={t("trials.title")}>
          {(all) => (all.length === 0 ? <Empty>{t("trials.none")}</Empty> : <TrialTable trials={all} />)}
        </LoadedHere>
      </Panel>
    </>
  );
}

/** Which two and which figure stands in the address, by their places in the list: paths may be long. */
function MapPanel({ trials, params }: { trials: readonly Trial[]; params: readonly string[] }) {
  const { t } = useText();
  const { asked, ask } = useAsked();
  const x = params[Number(asked.on ?? 0)] ?? params[0]!;
  const others = params.filter((path) => path !== x);
  const y = params[Number(asked.by ?? 1)] === x ? others[0] : (params[Number(asked.by ?? 1)] ?? others[0]);
  const metric = askedOf(asked.result, HEAT_METRICS) || "score";
  const map = useMemo(() => heatMapOf(trials, { x, y, metric }), [trials, x, y, metric]);
  const choices = params.map((path, i) => [String(i), shortPath(path)] as const);
  const placeOf = (path: string | undefined) => String(path === undefined ? -1 : params.indexOf(path));
  return (
    <Panel className="heat-panel" title={t(y ? "heat.title" : "heat.line_title")}>
      <div className="filters">
        <Select label={t("heat.x")} value={placeOf(x)} choices={choices} onChoose={(on) => ask({ on })} />
        {y ? (
          <Select
            label={t("heat.y")}
            value={placeOf(y)}
            choices={choices.filter(([place]) => place !== placeOf(x))}
            onChoose={(by) => ask({ by })}
          />
        ) : null}
        <Select
          label={t("heat.metric")}
          value={metric}
          choices={HEAT_METRICS.map(
            (each) => [each, t(each === "score" ? "research.score" : `figure.${each}`)] as const,
          )}
          onChoose={(result) => ask({ result: result === "score" ? "" : result })}
        />
      </div>
      {map === undefined ? (
        <Empty>{t("heat.none")}</Empty>
      ) : map.y ? (
        <HeatMapTable map={map} metric={metric} />
      ) : (
        <ValueLine map={map} metric={metric} />
      )}
      {params.length > 2 ? <p className="muted padded">{t("heat.mean_over")}</p> : null}
    </Panel>
  );
}

function TrialTable({ trials }: { trials: readonly Trial[] }) {
  const { t } = useText();
  const [page, setPage] = useState(0);
  const [order, setOrder] = useState<"score" | "trial">("score");
  const sorted = useMemo(
    () =>
      trials.toSorted((a, b) =>
        order === "trial"
          ? a.trial - b.trial
          : (b.score ?? Number.NEGATIVE_INFINITY) - (a.score ?? Number.NEGATIVE_INFINITY) || a.trial - b.trial,
      ),
    [trials, order],
  );
  const paths = useMemo(() => [...new Set(trials.flatMap(({ params }) => Object.keys(params)))], [trials]);
  const columns = useMemo(() => columnsOf(t, paths), [t, paths]);
  const pages = Math.ceil(sorted.length / PAGE_ROWS);
  const shown = Math.min(page, pages - 1);
  return (
    <>
      <div className="filters">
        <Select
          label={t("trials.order")}
          value={order}
          choices={[
            ["score", t("trials.order.score")],
            ["trial", t("trials.order.trial")],
          ]}
          onChoose={(next) => {
            setOrder(next);
            setPage(0);
          }}
        />
        <Pages page={shown} pages={pages} onPage={setPage} />
      </div>
      <div className="scroll-x">
        <DataTable
          caption={t("trials.title")}
          columns={columns}
          rows={sorted.slice(shown * PAGE_ROWS, (shown + 1) * PAGE_ROWS)}
          rowId={({ trial }) => String(trial)}
        />
      </div>
    </>
  );
}

function Pages({ page, pages, onPage }: { page: number; pages: number; onPage: (page: number) => void }) {
  const { t } = useText();
  if (pages < 2) return null;
  return (
    <span className="page-turn">
      <button type="button" className="button" disabled={page === 0} onClick={() => onPage(page - 1)}>
        {t("trials.before")}
      </button>
      <Figure>{t("trials.page", { page: page + 1, pages })}</Figure>
      <button type="button" className="button" disabled={page === pages - 1} onClick={() => onPage(page + 1)}>
        {t("trials.after")}
      </button>
    </span>
  );
}

function columnsOf(t: Translate, paths: readonly string[]): Column<Trial>[] {
  const last = Number.NEGATIVE_INFINITY;
  return [
    column("trial", t("trials.trial"), {
      value: ({ trial }) => trial,
      cell: ({ trial, hash }) => <Figure {...(hash && { title: hash })}>{String(trial)}</Figure>,
    }),
    column("role", t("trials.role"), {
      value: ({ role }) => role,
      cell: ({ role, fold }) => `${t(`trial_role.${role}`)}${fold === undefined ? "" : ` ${fold + 1}`}`,
    }),
    ...paths.map((path) =>
      column<Trial>(path, shortPath(path), {
        value: ({ params }) => params[path] ?? "",
        cell: ({ params }) => (
          <Figure title={path}>{params[path] === undefined ? "–" : valueText(params[path])}</Figure>
        ),
        right: true,
      }),
    ),
    column("score", t("research.score"), {
      value: ({ score }) => score ?? last,
      cell: (trial) => <Score trial={trial} />,
      right: true,
    }),
    column("net", t("research.net"), {
      value: ({ summary }) => Number(summary?.net_usdt ?? last),
      cell: ({ summary }) => <Money value={summary?.net_usdt} gain />,
      right: true,
    }),
    column("sharpe", t("figure.sharpe"), {
      value: ({ summary }) => summary?.sharpe ?? last,
      cell: ({ summary }) => <Figure>{numberText(summary?.sharpe)}</Figure>,
      right: true,
    }),
    column("drawdown", t("figure.max_drawdown"), {
      value: ({ summary }) => summary?.max_drawdown ?? last,
      cell: ({ summary }) => <Figure>{percentText(summary?.max_drawdown ?? undefined, 1)}</Figure>,
      right: true,
    }),
    column("return", t("figure.total_return"), {
      value: ({ summary }) => summary?.total_return ?? last,
      cell: ({ summary }) => (
        <Figure tone={directionOf(summary?.total_return)}>{percentText(summary?.total_return, 2, true)}</Figure>
      ),
      right: true,
    }),
    column("trades", t("figure.trades"), {
      value: ({ summary }) => summary?.trades ?? last,
      cell: ({ summary }) => <Figure>{summary ? String(summary.trades) : "–"}</Figure>,
      right: true,
    }),
    column("took", t("research.took"), {
      value: ({ wall_ms }) => wall_ms,
      cell: ({ wall_ms }) => <Duration ms={wall_ms} />,
      right: true,
    }),
  ];
}

function Score({ trial: { score, status, message } }: { trial: Trial }) {
  const { t } = useText();
  if (status === "FAILED") {
    return (
      <span className="status" data-status="FAILED" title={message}>
        {t("run_status.FAILED")}
      </span>
    );
  }
  return <Figure title={score === null ? t("trials.no_score") : undefined}>{numberText(score, 3)}</Figure>;
}
