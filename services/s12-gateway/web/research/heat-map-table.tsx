/** A map of trials as a grid of coloured cells: each says its values, arrows walk from one to the next. */
import { type KeyboardEvent, useRef, useState } from "react";
import {
  HEAT_STEPS,
  type HeatCell,
  type HeatMap,
  type HeatMetric,
  shortPath,
} from "../../../../shared/report/experiment/heat-map.ts";
import { numberText, percentText, usdtText } from "../format/numbers.ts";
import { type Translate, useText } from "../i18n/translate.ts";

interface HeatMapTableProps {
  map: HeatMap;
  metric: HeatMetric;
}

const STEPS: Readonly<Record<string, readonly [column: number, row: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export function HeatMapTable({ map, metric }: HeatMapTableProps) {
  const { t } = useText();
  const [at, setAt] = useState(() => highestOf(map));
  const table = useRef<HTMLTableElement>(null);
  const { x, y, cells } = map;
  const rows = y?.labels ?? [""];
  const cellAt = (column: number, row: number) => cells.find((cell) => cell.column === column && cell.row === row);
  const last = [x.labels.length - 1, rows.length - 1] as const;
  const here = [Math.min(at[0], last[0]), Math.min(at[1], last[1])] as const;
  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const next = [clamp(here[0] + step[0], last[0]), clamp(here[1] + step[1], last[1])] as const;
    setAt(next);
    table.current?.querySelector<HTMLElement>(`[data-at="${next.join("/")}"]`)?.focus();
  };
  return (
    <div className="heat">
      <div className="scroll-x">
        <table ref={table} className="heat-table" onKeyDown={move}>
          <caption className="unseen">
            {t("heat.caption", { x: x.path, y: y?.path ?? "", metric: metricName(t, metric) })}
          </caption>
          <thead>
            <tr>
              <th scope="col" className="heat-corner">
                {y ? shortPath(y.path) : ""} ╲ {shortPath(x.path)}
              </th>
              {x.labels.map((label) => (
                <th key={label} scope="col">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((label, row) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                {x.labels.map((name, column) => (
                  <Cell
                    key={name}
                    cell={cellAt(column, row)}
                    place={`${column}/${row}`}
                    isHere={column === here[0] && row === here[1]}
                    metric={metric}
                    onHere={() => setAt([column, row])}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="heat-told" aria-live="polite">
        {toldOf(t, map, metric, cellAt(...here), here)}
      </p>
      <Scale map={map} metric={metric} />
    </div>
  );
}

function highestOf({ cells }: HeatMap): readonly [column: number, row: number] {
  const highest = cells.reduce<HeatCell | undefined>(
    (best, cell) => (cell.mean !== null && cell.mean > (best?.mean ?? Number.NEGATIVE_INFINITY) ? cell : best),
    undefined,
  );
  return [highest?.column ?? 0, highest?.row ?? 0];
}

const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, value));

interface CellProps {
  cell: HeatCell | undefined;
  place: string;
  isHere: boolean;
  metric: HeatMetric;
  onHere: () => void;
}

function Cell({ cell, place, isHere, metric, onHere }: CellProps) {
  const { t } = useText();
  const known = cell && cell.mean !== null;
  return (
    <td
      data-at={place}
      data-heat={known ? cell.step : undefined}
      tabIndex={isHere ? 0 : -1}
      onFocus={onHere}
      onPointerEnter={onHere}
    >
      {known ? metricShort(metric, cell.mean!) : <span title={t("heat.no_trial")}>–</span>}
    </td>
  );
}

function toldOf(
  t: Translate,
  { x, y }: HeatMap,
  metric: HeatMetric,
  cell: HeatCell | undefined,
  here: readonly [column: number, row: number],
): string {
  const place = [`${shortPath(x.path)} = ${x.labels[here[0]]}`, y ? `${shortPath(y.path)} = ${y.labels[here[1]]}` : ""]
    .filter(Boolean)
    .join(", ");
  if (!cell || cell.mean === null) return t("heat.told_none", { place });
  const value = `${metricName(t, metric)} ${metricText(metric, cell.mean)}`;
  return t("heat.told", { place, value, trials: cell.trials });
}

export const metricName = (t: Translate, metric: HeatMetric): string =>
  t(metric === "score" ? "research.score" : `figure.${metric}`);

export function metricText(metric: HeatMetric, value: number): string {
  if (metric === "net_usdt") return `${usdtText(value.toFixed(2), true)} USDT`;
  if (metric === "max_drawdown" || metric === "hit_rate") return percentText(value, 2);
  return numberText(value, metric === "trades" ? 1 : 3);
}
/** For a cell's few characters. */
export function metricShort(metric: HeatMetric, value: number): string {
  if (metric === "net_usdt" || metric === "trades") return numberText(value, 0);
  if (metric === "max_drawdown" || metric === "hit_rate") return percentText(value, 0);
  return numberText(value, 2);
}

function Scale({ map: { low, high }, metric }: HeatMapTableProps) {
  const { t } = useText();
  return (
    <div className="heat-scale">
      <span>{metricText(metric, low)}</span>
      <svg viewBox={`0 0 ${HEAT_STEPS} 1`} preserveAspectRatio="none" role="img" aria-label={t("heat.scale")}>
        {Array.from({ length: HEAT_STEPS }, (_, step) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step of the scale is its place
          <rect key={step} data-heat={step} x={step} width="1.02" height="1" />
        ))}
      </svg>
      <span>{metricText(metric, high)}</span>
    </div>
  );
}
