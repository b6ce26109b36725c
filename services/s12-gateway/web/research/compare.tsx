/** Two to six experiments beside each other: their curves from one start, and their figures in columns. */
import { useInfiniteQuery, useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Experiment } from "../../../../shared/domain/experiment.ts";
import { useText } from "../i18n/translate.ts";
import { useAsked } from "../parts/asked-fields.tsx";
import { When } from "../parts/figures.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { Select } from "../parts/select.tsx";
import { Empty, Failed, Panel, Skeleton } from "../parts/states.tsx";
import { go } from "../state/address.ts";
import { askedOf } from "../state/asked.ts";
import { CurveChart, LineKey, type ShownCurve } from "./curve-chart.tsx";
import { drawdownOf, gainOf, sinceStart } from "./curves.ts";
import { ExperimentLink } from "./links.tsx";
import { COMPARED_MAX, COMPARED_MIN, idOf } from "./place.ts";
import { RunStatus } from "./progress.tsx";
import { experimentQuery, experimentsQuery } from "./queries.ts";
import { RunFigures } from "./run-figures.tsx";

const AXES = ["time", "elapsed"] as const;
const PARTS = ["whole", "unseen"] as const;
/** Every second line is dashed, so that colours need not be told apart. */
const isDashed = (place: number): boolean => place % 2 === 1;

export function ComparePage({ ids }: { ids: readonly string[] }) {
  return (
    <div className="compare-grid">
      <PickPanel ids={ids} />
      <Compared ids={ids} />
    </div>
  );
}

function PickPanel({ ids }: { ids: readonly string[] }) {
  const { t } = useText();
  const query = useInfiniteQuery(experimentsQuery({ state: "DONE" }));
  const pick = (id: string) => {
    const next = ids.includes(id) ? ids.filter((each) => each !== id) : [...ids, id];
    go({ id: idOf({ at: "compare", ids: next }) }, "settle");
  };
  return (
    <Panel
      className="compare-pick"
      title={t("compare.pick", { min: COMPARED_MIN, max: COMPARED_MAX })}
      aside={<span className="muted">{`${ids.length} / ${COMPARED_MAX}`}</span>}
    >
      <LoadedHere query={query} rows={5} what={t("research.experiments")}>
        {({ pages }) => {
          const rows = pages.flatMap(({ items }) => items);
          if (rows.length === 0) return <Empty>{t("compare.none")}</Empty>;
          return (
            <ul className="rows">
              {rows.map((row) => (
                <li key={row.exp_id}>
                  <label className="compare-row">
                    <input
                      type="checkbox"
                      checked={ids.includes(row.exp_id)}
                      disabled={!ids.includes(row.exp_id) && ids.length >= COMPARED_MAX}
                      onChange={() => pick(row.exp_id)}
                    />
                    <span>{row.title || row.exp_id}</span>
                    <span className="muted">
                      {t(`method.${row.design.method}`)} · <When ts={row.created_at} day />
                    </span>
                  </label>
                </li>
              ))}
            </ul>
          );
        }}
      </LoadedHere>
    </Panel>
  );
}

function Compared({ ids }: { ids: readonly string[] }) {
  const { t } = useText();
  const { experiments, failed, retry } = useQueries({
    queries: ids.map(experimentQuery),
    combine: (results) => ({
      experiments: results.flatMap(({ data }) => (data ? [data] : [])),
      failed: results.find(({ error, data }) => error && !data)?.error,
      retry: () => {
        for (const result of results) if (result.error) void result.refetch();
      },
    }),
  });
  if (ids.length < COMPARED_MIN) {
    return (
      <Panel className="compare-curves" title={t("research.compare")}>
        <Empty>{t("compare.hint", { min: COMPARED_MIN, max: COMPARED_MAX })}</Empty>
      </Panel>
    );
  }
  return (
    <div className="compare-shown">
      {failed ? <Failed error={failed} onRetry={retry} /> : null}
      {experiments.length < ids.length && !failed ? <Skeleton rows={8} /> : null}
      {experiments.length >= COMPARED_MIN ? <Side experiments={experiments} /> : null}
    </div>
  );
}

function Side({ experiments }: { experiments: readonly Experiment[] }) {
  const { t } = useText();
  const { asked, ask } = useAsked();
  const axis = askedOf(asked.by, AXES) || "time";
  const part = askedOf(asked.what, PARTS) || "whole";
  const curves = useCurves(experiments, { axis, part });
  const runs = experiments.map(({ exp_id, title, result, status }, i) => ({
    key: exp_id,
    head: (
      <span className="compare-head">
        <LineKey colour={i + 1} isDashed={isDashed(i)} />
        <ExperimentLink id={exp_id}>{title || exp_id}</ExperimentLink>
        {status === "DONE" ? null : <RunStatus status={status} />}
      </span>
    ),
    summary: part === "unseen" ? result?.out_of_sample?.summary : result?.summary,
  }));
  return (
    <>
      <Panel className="compare-curves" title={t("compare.curves")}>
        <div className="filters">
          <Select
            label={t("compare.part")}
            value={part}
            choices={PARTS.map((each) => [each, t(`research.${each}`)] as const)}
            onChoose={(what) => ask({ what: what === "whole" ? "" : what })}
          />
          <Select
            label={t("compare.axis")}
            value={axis}
            choices={AXES.map((each) => [each, t(`compare.axis.${each}`)] as const)}
            onChoose={(by) => ask({ by: by === "time" ? "" : by })}
          />
        </div>
        {curves.length > 0 ? (
          <CurveChart label={t("compare.label")} curves={curves} isElapsed={axis === "elapsed"} />
        ) : (
          <Empty>{t("compare.no_part")}</Empty>
        )}
      </Panel>
      <Panel className="compare-figures" title={t("research.figures")}>
        <RunFigures caption={t("research.figures")} runs={runs} />
        <p className="muted padded">{t("compare.caution")}</p>
      </Panel>
    </>
  );
}

interface Shown {
  axis: (typeof AXES)[number];
  part: (typeof PARTS)[number];
}

function useCurves(experiments: readonly Experiment[], { axis, part }: Shown): readonly ShownCurve[] {
  return useMemo(
    () =>
      experiments.flatMap(({ exp_id, title, result }, i) => {
        const points = part === "unseen" ? result?.out_of_sample?.curve : result?.curve;
        if (!points || points.length === 0) return [];
        const placed = axis === "elapsed" ? sinceStart(points) : points;
        const shape = { colour: i + 1, isDashed: isDashed(i), isShare: true };
        const name = title || exp_id;
        return [
          { id: exp_id, name, curve: gainOf(placed), pane: 0 as const, ...shape },
          { id: `${exp_id}-down`, name: "", curve: drawdownOf(placed), pane: 1 as const, ...shape },
        ];
      }),
    [experiments, axis, part],
  );
}
