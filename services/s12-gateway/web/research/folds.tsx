/** The windows of walk-forward and of folds: where each was searched and judged in time, and what came of both. */
import { useMemo } from "react";
import type { ExperimentResult, FoldResult, TestWindow } from "../../../../shared/domain/experiment.ts";
import { paramsText } from "../../../../shared/report/experiment/heat-map.ts";
import { numberText } from "../format/numbers.ts";
import { dayClockText, dayText } from "../format/times.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { type Column, column, DataTable } from "../parts/data-table.tsx";
import { Figure, Money } from "../parts/figures.tsx";
import { Panel } from "../parts/states.tsx";
import { sparkline } from "./curves.ts";

const PICTURE = { width: 1_000, rowMax: 18, heightMax: 320 };
const SPARK = { width: 96, height: 22 };

export function FoldsPanel({ result }: { result: ExperimentResult }) {
  const { t } = useText();
  const { folds } = result;
  const columns = useMemo(() => columnsOf(t), [t]);
  return (
    <Panel className="folds" title={t("folds.title", { count: folds.length })}>
      <Bands folds={folds} />
      <div className="scroll-x">
        <DataTable
          caption={t("folds.title", { count: folds.length })}
          columns={columns}
          rows={folds}
          rowId={({ fold }) => String(fold)}
        />
      </div>
    </Panel>
  );
}

function Bands({ folds }: { folds: readonly FoldResult[] }) {
  const { t, locale } = useText();
  const windows = folds.flatMap(({ train, test }) => (train ? [train, test] : [test]));
  const from = Math.min(...windows.map((each) => each.from));
  const to = Math.max(...windows.map((each) => each.to));
  const height = Math.min(PICTURE.heightMax, folds.length * PICTURE.rowMax);
  const room = height / folds.length;
  const x = (ts: number) => ((ts - from) / (to - from || 1)) * PICTURE.width;
  const bar = (window: TestWindow, row: number) => ({
    x: x(window.from),
    width: Math.max(1, x(window.to) - x(window.from)),
    y: row * room + room / 5,
    height: 0.6 * room,
  });
  const span = (window: TestWindow) => `${dayClockText(window.from, locale)} – ${dayClockText(window.to, locale)}`;
  return (
    <figure className="bands">
      <svg
        viewBox={`0 0 ${PICTURE.width} ${height}`}
        height={height}
        preserveAspectRatio="none"
        role="img"
        aria-label={t("folds.picture", { count: folds.length })}
      >
        {folds.map(({ fold, train, test, out_of_sample }, row) => (
          <g key={fold}>
            {train ? (
              <rect data-part="train" {...bar(train, row)}>
                <title>{t("folds.train", { fold: fold + 1, span: span(train) })}</title>
              </rect>
            ) : null}
            <rect data-part="test" data-tone={Number(out_of_sample.net_usdt) < 0 ? "down" : "up"} {...bar(test, row)}>
              <title>{t("folds.test", { fold: fold + 1, span: span(test) })}</title>
            </rect>
          </g>
        ))}
      </svg>
      <figcaption>
        <time>{dayText(from, locale)}</time>
        <span className="legend">
          <span>
            <span className="legend-key" data-part="train" /> {t("folds.legend.train")}
          </span>
          <span>
            <span className="legend-key" data-part="test" data-tone="up" /> {t("folds.legend.gain")}
          </span>
          <span>
            <span className="legend-key" data-part="test" data-tone="down" /> {t("folds.legend.loss")}
          </span>
        </span>
        <time>{dayText(to, locale)}</time>
      </figcaption>
    </figure>
  );
}

function columnsOf(t: Translate): Column<FoldResult>[] {
  const ratio = (id: string, header: string, pick: (fold: FoldResult) => number | null | undefined) =>
    column<FoldResult>(id, header, {
      value: (fold) => pick(fold) ?? Number.NEGATIVE_INFINITY,
      cell: (fold) => <Figure>{numberText(pick(fold))}</Figure>,
      right: true,
    });
  return [
    column("fold", t("folds.fold"), {
      value: ({ fold }) => fold,
      cell: ({ fold }) => <Figure>{String(fold + 1)}</Figure>,
    }),
    column("test", t("folds.judged"), {
      value: ({ test }) => test.from,
      cell: ({ test }) => <Span window={test} />,
    }),
    ratio("inside", t("folds.sharpe_inside"), ({ in_sample }) => in_sample?.sharpe),
    ratio("outside", t("folds.sharpe_outside"), ({ out_of_sample }) => out_of_sample.sharpe),
    column("net_inside", t("folds.net_inside"), {
      value: ({ in_sample }) => Number(in_sample?.net_usdt ?? Number.NEGATIVE_INFINITY),
      cell: ({ in_sample }) => <Money value={in_sample?.net_usdt} gain />,
      right: true,
    }),
    column("net_outside", t("folds.net_outside"), {
      value: ({ out_of_sample }) => Number(out_of_sample.net_usdt),
      cell: ({ out_of_sample }) => <Money value={out_of_sample.net_usdt} gain />,
      right: true,
    }),
    column("trades", t("figure.trades"), {
      value: ({ out_of_sample }) => out_of_sample.trades,
      cell: ({ out_of_sample }) => <Figure>{String(out_of_sample.trades)}</Figure>,
      right: true,
    }),
    column("curve", t("folds.curve"), { value: ({ fold }) => fold, cell: (fold) => <Spark fold={fold} /> }),
    column("params", t("research.params"), {
      value: ({ params }) => paramsText(params),
      cell: ({ params }) => <span title={Object.keys(params).join("\n")}>{paramsText(params) || "–"}</span>,
    }),
  ];
}

function Span({ window }: { window: TestWindow }) {
  const { locale } = useText();
  return <Figure>{`${dayClockText(window.from, locale)} – ${dayClockText(window.to, locale)}`}</Figure>;
}

function Spark({ fold: { curve, out_of_sample } }: { fold: FoldResult }) {
  const drawn = sparkline(curve, SPARK);
  if (!drawn) return <span className="muted">–</span>;
  return (
    <svg className="fold-spark" viewBox={`0 0 ${SPARK.width} ${SPARK.height}`} aria-hidden="true">
      <line x1="0" x2={SPARK.width} y1={drawn.startY} y2={drawn.startY} />
      <polyline data-tone={Number(out_of_sample.net_usdt) < 0 ? "down" : "up"} points={drawn.points} />
    </svg>
  );
}
