/** The list of simulations: what goes on, and what each said of its revision. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { numberText, percentText } from "../format/numbers.ts";
import { dayText, minuteText } from "../format/times.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { useAsked } from "../parts/asked-fields.tsx";
import { type Column, column, DataTable } from "../parts/data-table.tsx";
import { Age, Figure } from "../parts/figures.tsx";
import { useNarrow } from "../parts/use-narrow.ts";
import { Progress, RunStatus } from "../research/progress.tsx";
import { go } from "../state/address.ts";
import { mayResearch, useMe } from "../state/me.ts";
import { gateCounts } from "./gates.ts";
import { ConfigLink, RevText } from "./links.tsx";
import { Listed } from "./listed.tsx";
import { idOf } from "./place.ts";
import { isGoing, type SimulationRow, simulationsQuery } from "./queries.ts";

export function SimulationsPage() {
  const may = mayResearch(useMe());
  const { asked } = useAsked();
  const narrow = useNarrow();
  const query = useInfiniteQuery(simulationsQuery(asked));
  return (
    <Listed one="simulation" query={query} may={may}>
      {(rows) => (narrow ? <Cards rows={rows} /> : <Table rows={rows} />)}
    </Listed>
  );
}

function Table({ rows }: { rows: readonly SimulationRow[] }) {
  const { t, locale } = useText();
  const columns = useMemo(() => columnsOf(t, locale), [t, locale]);
  return (
    <div className="scroll-x">
      <DataTable
        caption={t("config.simulations")}
        columns={columns}
        rows={rows}
        rowId={({ sim_id }) => sim_id}
        onOpen={({ sim_id }) => go({ id: idOf({ at: "simulation", id: sim_id }), asked: {} })}
      />
    </div>
  );
}

function windowText({ request: { window } }: SimulationRow, locale: string): string {
  const text = (ts: number) => `${dayText(ts, locale)} ${minuteText(ts, locale)}`;
  return `${text(window.from_ts)} – ${text(window.to_ts)}`;
}

export function Versus({ row }: { row: SimulationRow }) {
  const { t } = useText();
  return (
    <>
      <RevText of={row} /> <span className="muted">{t("simulation.versus", { rev: row.active_rev })}</span>
    </>
  );
}

function Gates({ row }: { row: SimulationRow }) {
  const { t } = useText();
  if (!row.bounds_guard) return <span className="muted">–</span>;
  const { failed, passed, open } = gateCounts(row.bounds_guard);
  return (
    <span className="gate-count" data-state={failed > 0 ? "FAILED" : "PASSED"}>
      {failed > 0 ? t("gate.count_failed", { count: failed }) : t("gate.count_passed", { count: passed })}
      {open > 0 ? <span className="muted"> {t("gate.count_open", { count: open })}</span> : null}
    </span>
  );
}

function columnsOf(t: Translate, locale: string): Column<SimulationRow>[] {
  const last = Number.NEGATIVE_INFINITY;
  return [
    column("of", t("config.revision"), {
      value: ({ rev }) => rev,
      cell: (row) => (
        <ConfigLink to={{ at: "simulation", id: row.sim_id }}>
          <Versus row={row} />
        </ConfigLink>
      ),
    }),
    column("status", t("column.status"), {
      value: ({ status }) => status,
      cell: (row) => (
        <span className="run-progress">
          <RunStatus status={row.status} {...(row.error && { message: row.error })} />
          {isGoing(row) ? <Progress share={row.progress} words={row.waiting_for ?? ""} /> : null}
        </span>
      ),
    }),
    column("method", t("research.method"), {
      value: ({ request }) => request.method,
      cell: ({ request }) => t(`simulation_method.${request.method}`),
    }),
    column("window", t("research.window"), {
      value: ({ request }) => request.window.from_ts,
      cell: (row) => <Figure>{windowText(row, locale)}</Figure>,
    }),
    column("signals", t("figure.signals"), {
      value: ({ summary }) => summary?.signals ?? last,
      cell: ({ summary }) => <Figure>{numberText(summary?.signals, 0)}</Figure>,
      right: true,
    }),
    column("changed", t("simulation.changed_share"), {
      value: ({ summary }) => summary?.changed_share ?? last,
      cell: ({ summary }) => <Figure>{percentText(summary?.changed_share, 1)}</Figure>,
      right: true,
    }),
    column("gates", t("gate.title"), {
      value: ({ bounds_guard }) => (bounds_guard ? -gateCounts(bounds_guard).failed : last),
      cell: (row) => <Gates row={row} />,
    }),
    column("author", t("research.author"), { value: ({ author }) => author, cell: ({ author }) => author }),
    column("age", t("config.age"), {
      value: ({ created_at }) => created_at,
      cell: ({ created_at }) => <Age ts={created_at} everyMs={10_000} />,
      right: true,
    }),
  ];
}

function Cards({ rows }: { rows: readonly SimulationRow[] }) {
  const { t, locale } = useText();
  return (
    <ul className="rows research-cards">
      {rows.map((row) => (
        <li key={row.sim_id}>
          <p className="card-head">
            <ConfigLink to={{ at: "simulation", id: row.sim_id }}>
              <Versus row={row} />
            </ConfigLink>
            <RunStatus status={row.status} />
            <span className="spacer" />
            <Age ts={row.created_at} everyMs={10_000} />
          </p>
          <p className="muted">
            {t(`simulation_method.${row.request.method}`)} · {windowText(row, locale)}
          </p>
          {isGoing(row) ? <Progress share={row.progress} words={row.waiting_for ?? ""} /> : <Gates row={row} />}
        </li>
      ))}
    </ul>
  );
}
