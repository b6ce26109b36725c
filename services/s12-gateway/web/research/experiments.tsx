/** The list of experiments: what goes on, what came of the others, and the way to a new one or to a comparison. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { ExperimentRow } from "../../../../shared/domain/experiment.ts";
import { numberText, percentText } from "../format/numbers.ts";
import { dayText, minuteText } from "../format/times.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { ClearAsked, useAsked } from "../parts/asked-fields.tsx";
import { type Column, column, DataTable } from "../parts/data-table.tsx";
import { Figure, Money, When } from "../parts/figures.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { MoreButton } from "../parts/more-button.tsx";
import { Select } from "../parts/select.tsx";
import { Empty, Panel } from "../parts/states.tsx";
import { useNarrow } from "../parts/use-narrow.ts";
import { go } from "../state/address.ts";
import { askedOf } from "../state/asked.ts";
import { mayResearch, useMe } from "../state/me.ts";
import { pText } from "./belief.ts";
import { ExperimentLink, NewLink } from "./links.tsx";
import { COMPARED_MAX, COMPARED_MIN, idOf } from "./place.ts";
import { ExperimentProgress, RunStatus } from "./progress.tsx";
import { EXPERIMENT_STATUSES, experimentsQuery, isGoing, METHODS } from "./queries.ts";

export function ExperimentsPage() {
  const { t } = useText();
  const me = useMe();
  const { asked } = useAsked();
  const narrow = useNarrow();
  const query = useInfiniteQuery(experimentsQuery(asked));
  const [picked, setPicked] = useState<readonly string[]>([]);
  const method = askedOf(asked.what, METHODS);
  const rows = useMemo(
    () =>
      (query.data?.pages.flatMap(({ items }) => items) ?? []).filter(
        ({ design }) => method === "" || design.method === method,
      ),
    [query.data, method],
  );
  const pick = (id: string) =>
    setPicked((now) => (now.includes(id) ? now.filter((each) => each !== id) : [...now, id].slice(-COMPARED_MAX)));
  return (
    <Panel
      className="page-panel"
      title={t("research.experiments")}
      aside={
        <span className="panel-acts">
          {picked.length > 0 ? <ComparePicked picked={picked} onClear={() => setPicked([])} /> : null}
          {mayResearch(me) ? <NewLink to="new-experiment" /> : null}
        </span>
      }
    >
      <Filters />
      <LoadedHere query={query} rows={6} what={t("research.experiments")}>
        {() =>
          rows.length === 0 ? (
            <NoExperiments isFiltered={Object.keys(asked).length > 0} />
          ) : narrow ? (
            <Cards rows={rows} picked={picked} onPick={pick} />
          ) : (
            <Table rows={rows} picked={picked} onPick={pick} />
          )
        }
      </LoadedHere>
      <MoreButton query={query} label={t("research.older")} />
    </Panel>
  );
}

function NoExperiments({ isFiltered }: { isFiltered: boolean }) {
  const { t } = useText();
  const may = mayResearch(useMe());
  if (isFiltered) return <Empty>{t("research.none_fit")}</Empty>;
  return (
    <div className="first-step">
      <p>{t("research.none")}</p>
      <p className="muted">{t("research.none.hint")}</p>
      {may ? <NewLink to="new-experiment" /> : null}
      <p className="muted">
        {t("research.none.cli")} <code>./chimera experiment</code>
      </p>
    </div>
  );
}

function Filters() {
  const { t } = useText();
  const { asked, ask } = useAsked();
  const all = ["", t("filter.all")] as const;
  return (
    <search className="filters">
      <Select
        label={t("column.status")}
        value={askedOf(asked.state, EXPERIMENT_STATUSES)}
        choices={[all, ...EXPERIMENT_STATUSES.map((each) => [each, t(`run_status.${each}`)] as const)]}
        onChoose={(state) => ask({ state })}
      />
      <Select
        label={t("research.method")}
        value={askedOf(asked.what, METHODS)}
        choices={[all, ...METHODS.map((each) => [each, t(`method.${each}`)] as const)]}
        onChoose={(what) => ask({ what })}
      />
      {asked.q ? (
        <span className="muted">
          {t("research.of_hypothesis")} <code>{asked.q}</code>
        </span>
      ) : null}
      <ClearAsked />
    </search>
  );
}

function ComparePicked({ picked, onClear }: { picked: readonly string[]; onClear: () => void }) {
  const { t } = useText();
  const ready = picked.length >= COMPARED_MIN;
  return (
    <>
      <span className="muted">{t("research.picked", { count: picked.length, max: COMPARED_MAX })}</span>
      <button type="button" className="link" onClick={onClear}>
        {t("research.unpick")}
      </button>
      <button
        type="button"
        className="button"
        disabled={!ready}
        onClick={() => go({ id: idOf({ at: "compare", ids: picked }), asked: {} })}
      >
        {t("research.compare_these")}
      </button>
    </>
  );
}

interface RowsProps {
  rows: readonly ExperimentRow[];
  picked: readonly string[];
  onPick: (id: string) => void;
}

function Pick({ row, picked, onPick }: Omit<RowsProps, "rows"> & { row: ExperimentRow }) {
  const { t } = useText();
  return (
    <input
      type="checkbox"
      aria-label={t("research.pick", { title: row.title || row.exp_id })}
      disabled={row.status !== "DONE"}
      checked={picked.includes(row.exp_id)}
      onChange={() => onPick(row.exp_id)}
      onClick={(event) => event.stopPropagation()}
    />
  );
}

function Table({ rows, picked, onPick }: RowsProps) {
  const { t, locale } = useText();
  const columns = useMemo(
    () => [
      column<ExperimentRow>("pick", t("research.pick_column"), {
        value: (row) => picked.includes(row.exp_id),
        cell: (row) => <Pick row={row} picked={picked} onPick={onPick} />,
      }),
      ...columnsOf(t, locale),
    ],
    [t, locale, picked, onPick],
  );
  return (
    <div className="scroll-x">
      <DataTable
        caption={t("research.experiments")}
        columns={columns}
        rows={rows}
        rowId={(row) => row.exp_id}
        onOpen={(row) => go({ id: row.exp_id, asked: {} })}
      />
    </div>
  );
}

/** What counts is what the search had not seen. */
const shownOf = ({ out_of_sample, summary }: ExperimentRow) => out_of_sample ?? summary;

function Cards({ rows, picked, onPick }: RowsProps) {
  const { t, locale } = useText();
  return (
    <ul className="rows research-cards">
      {rows.map((row) => (
        <li key={row.exp_id}>
          <p className="card-head">
            <Pick row={row} picked={picked} onPick={onPick} />
            <ExperimentLink id={row.exp_id}>{row.title || row.exp_id}</ExperimentLink>
            <RunStatus status={row.status} />
          </p>
          <p className="muted">
            {t(`method.${row.design.method}`)} · {windowText(row, locale)}
          </p>
          {isGoing(row) ? <ExperimentProgress progress={row.progress} /> : null}
          {shownOf(row) ? (
            <p className="card-figures">
              <Money value={shownOf(row)?.net_usdt} gain unit="USDT" />
              <span>{t("research.sharpe_is", { sharpe: numberText(shownOf(row)?.sharpe) })}</span>
              <span>{t("research.deflated_is", { chance: chanceText(row) })}</span>
            </p>
          ) : null}
          {row.message ? <p className="form-error">{row.message}</p> : null}
        </li>
      ))}
    </ul>
  );
}

const windowText = ({ design: { window } }: ExperimentRow, locale: string): string => {
  const isShort = window.to - window.from < 2 * 86_400_000;
  const text = (ts: number) => (isShort ? `${dayText(ts, locale)} ${minuteText(ts, locale)}` : dayText(ts, locale));
  return `${text(window.from)} – ${text(window.to)}`;
};
const chanceText = ({ significance }: ExperimentRow): string =>
  percentText(significance?.deflated_sharpe ?? undefined, 1);

function columnsOf(t: Translate, locale: string): Column<ExperimentRow>[] {
  return [
    column("title", t("research.title"), {
      value: (row) => row.title || row.exp_id,
      cell: (row) => (
        <span className="run-title" title={row.exp_id}>
          <ExperimentLink id={row.exp_id}>{row.title || row.exp_id}</ExperimentLink>
        </span>
      ),
    }),
    column("status", t("column.status"), {
      value: (row) => row.status,
      cell: (row) =>
        isGoing(row) ? (
          <span className="run-progress">
            <RunStatus status={row.status} />
            <ExperimentProgress progress={row.progress} />
          </span>
        ) : (
          <>
            <RunStatus status={row.status} />
            {row.message ? (
              <span className="run-message" title={row.message}>
                {row.message}
              </span>
            ) : null}
          </>
        ),
    }),
    column("method", t("research.method"), {
      value: (row) => row.design.method,
      cell: (row) => t(`method.${row.design.method}`),
    }),
    column("window", t("research.window"), {
      value: (row) => row.design.window.from,
      cell: (row) => <Figure>{windowText(row, locale)}</Figure>,
    }),
    column("score", t("research.best_score"), {
      value: (row) => row.best?.score ?? Number.NEGATIVE_INFINITY,
      cell: (row) => <Figure title={t(`objective.${row.design.objective}`)}>{numberText(row.best?.score, 2)}</Figure>,
      right: true,
    }),
    column("net", t("research.net"), {
      value: (row) => Number(shownOf(row)?.net_usdt ?? Number.NEGATIVE_INFINITY),
      cell: (row) => <Money value={shownOf(row)?.net_usdt} gain />,
      right: true,
    }),
    column("sharpe", t("figure.sharpe"), {
      value: (row) => shownOf(row)?.sharpe ?? Number.NEGATIVE_INFINITY,
      cell: (row) => (
        <Figure title={t(row.out_of_sample ? "research.unseen" : "research.seen")}>
          {`${numberText(shownOf(row)?.sharpe)}${row.out_of_sample ? " *" : ""}`}
        </Figure>
      ),
      right: true,
    }),
    column("deflated", t("research.deflated"), {
      value: (row) => row.significance?.deflated_sharpe ?? -1,
      cell: (row) => (
        <Figure title={t("research.trials_counted", { count: row.significance?.trials ?? 0 })}>
          {chanceText(row)}
        </Figure>
      ),
      right: true,
    }),
    column("p", t("research.p"), {
      value: (row) => row.significance?.p_value ?? 2,
      cell: (row) => <Figure>{pText(row.significance?.p_value)}</Figure>,
      right: true,
    }),
    column("created", t("research.created"), {
      value: (row) => row.created_at,
      cell: (row) => <When ts={row.created_at} day />,
      right: true,
    }),
  ];
}
