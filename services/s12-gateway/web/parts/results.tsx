/** Results at a glance: bars by strategy, instrument or day, the result as it grew, and the days' statements. */
import { Toggle } from "@base-ui/react/toggle";
import { ToggleGroup } from "@base-ui/react/toggle-group";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Statement } from "../../../../shared/collections/trades.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { pnlPath, pnlQuery, statementsPath, statementsQuery, taxPath } from "../api/report-queries.ts";
import { PNL_BY, type PnlRow } from "../api/shapes.ts";
import { directionOf, percentText } from "../format/numbers.ts";
import { dayClockText } from "../format/times.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { askedOf } from "../state/asked.ts";
import { type CurvePoint, drawnCurve, resultCurve } from "../state/trade-totals.ts";
import { useAsked } from "./asked-fields.tsx";
import { CsvButton } from "./csv-button.tsx";
import { type Column, column, DataTable } from "./data-table.tsx";
import { Figure, Money } from "./figures.tsx";
import { InstrumentName } from "./links.tsx";
import { LoadedHere } from "./loaded-here.tsx";
import { Empty, Panel } from "./states.tsx";

export function ResultsPanel() {
  const { t } = useText();
  const { asked, ask } = useAsked();
  const by = askedOf(asked.by, PNL_BY) || "strategy";
  const query = useQuery(pnlQuery(by, asked));
  return (
    <Panel
      className="results"
      title={t("results.title")}
      aside={
        <span className="panel-acts">
          <ToggleGroup
            className="switch"
            value={[by]}
            onValueChange={([next]) => next && ask({ by: next === "strategy" ? "" : next })}
            aria-label={t("results.by")}
          >
            {PNL_BY.map((each) => (
              <Toggle key={each} value={each} className="switch-item">
                {t(`results.by.${each}`)}
              </Toggle>
            ))}
          </ToggleGroup>
          <CsvButton path={pnlPath(by, asked)} name={`pnl-by-${by}`} />
        </span>
      }
    >
      <LoadedHere query={query} rows={4} what={t("results.title")}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>{t("trades.empty")}</Empty>
          ) : (
            <ResultBars rows={rows} isInstrument={by === "instrument"} />
          )
        }
      </LoadedHere>
    </Panel>
  );
}

function ResultBars({ rows, isInstrument }: { rows: readonly PnlRow[]; isInstrument: boolean }) {
  const { t } = useText();
  const largest = Math.max(...rows.map((row) => Math.abs(Number(row.pnl_usdt))), 1e-9);
  return (
    <ul className="result-bars">
      {rows.map((row) => (
        <li key={row.key}>
          <span className="result-key">{isInstrument ? <InstrumentName instrument={row.key} /> : row.key}</span>
          <Bar share={Number(row.pnl_usdt) / largest} />
          <Money value={row.pnl_usdt} gain />
          <span className="muted">
            {t("results.trades", {
              count: row.trades,
              won: percentText(row.trades > 0 ? row.wins / row.trades : 0, 0),
            })}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** From the middle to the right what was won, to the left what was lost. */
function Bar({ share }: { share: number }) {
  const width = Math.max(0.5, Math.abs(share) * 50);
  return (
    <svg className="result-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect className="result-middle" x="49.8" y="0" width="0.4" height="10" />
      <rect data-tone={directionOf(share)} x={share < 0 ? 50 - width : 50} y="1.5" width={width} height="7" />
    </svg>
  );
}

export function CurvePanel({ trades }: { trades: readonly Trade[] }) {
  const { t } = useText();
  const points = useMemo(() => resultCurve(trades), [trades]);
  const last = points.at(-1);
  return (
    <Panel
      className="curve-panel"
      title={t("curve.title")}
      aside={last ? <Money value={last.value.toFixed(8)} gain unit="USDT" /> : null}
    >
      <Curve points={points} />
    </Panel>
  );
}

export function Curve({ points }: { points: readonly CurvePoint[] }) {
  const { t, locale } = useText();
  const drawn = drawnCurve(points);
  const [first, last] = [points[0], points.at(-1)];
  if (!drawn || !first || !last) return <Empty>{t("curve.empty")}</Empty>;
  return (
    <figure className="curve">
      <svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label={t("curve.title")}>
        <line className="curve-zero" x1="0" x2="1000" y1={drawn.zeroY} y2={drawn.zeroY} />
        <polyline data-tone={directionOf(last.value)} points={drawn.line} />
      </svg>
      <figcaption>
        <time>{dayClockText(first.ts, locale)}</time>
        <time>{dayClockText(last.ts, locale)}</time>
      </figcaption>
    </figure>
  );
}

export function StatementsPanel({ year }: { year: number }) {
  const { t } = useText();
  const { asked } = useAsked();
  const query = useQuery(statementsQuery(asked));
  const columns = useMemo(() => statementColumns(t), [t]);
  return (
    <Panel
      className="statements"
      title={t("statements.title")}
      aside={
        <span className="panel-acts">
          <CsvButton path={statementsPath(asked)} name="statements" />
          <CsvButton path={taxPath(year)} name={`tax-${year}`} label={t("statements.tax", { year })} />
        </span>
      }
    >
      <LoadedHere query={query} rows={3} what={t("statements.title")}>
        {(days) =>
          days.length === 0 ? (
            <Empty>{t("statements.empty")}</Empty>
          ) : (
            <div className="scroll-x">
              <DataTable caption={t("statements.title")} columns={columns} rows={days} rowId={(day) => day.day} />
            </div>
          )
        }
      </LoadedHere>
    </Panel>
  );
}

function statementColumns(t: Translate): Column<Statement>[] {
  const money = (id: keyof Statement & `${string}_usdt`, header: string, gain = false) =>
    column<Statement>(id, header, {
      value: (day) => Number(day[id] ?? 0),
      cell: (day) => <Money value={day[id]} gain={gain} />,
      right: true,
    });
  return [
    column("day", t("statements.day"), {
      value: (day) => day.day,
      cell: (day) => (
        <Figure title={day.final ? undefined : t("statements.running")}>{day.final ? day.day : `${day.day} …`}</Figure>
      ),
    }),
    money("equity_end_usdt", t("glance.equity")),
    money("realised_usdt", t("trades.gross"), true),
    money("fees_usdt", t("trades.fees")),
    column("trades", t("page.trades"), {
      value: (day) => day.trades,
      cell: (day) => <Figure>{String(day.trades)}</Figure>,
      right: true,
    }),
    column("differences", t("statements.differences"), {
      value: (day) => day.differences.length,
      cell: (day) => (
        <span
          title={day.differences.map((each) => `${each.what}: ${each.ours} / ${each.exchange}`).join("\n") || undefined}
        >
          <Figure tone={day.differences.length > 0 ? "down" : undefined}>{String(day.differences.length)}</Figure>
        </span>
      ),
      right: true,
    }),
  ];
}
