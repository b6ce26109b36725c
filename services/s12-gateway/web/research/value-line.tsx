/** One searched parameter against a figure: a line through the means of its values, each a point that says itself. */
import { useState } from "react";
import { type HeatMap, type HeatMetric, shortPath } from "../../../../shared/report/experiment/heat-map.ts";
import { useText } from "../i18n/translate.ts";
import { metricName, metricText } from "./heat-map-table.tsx";

const BOX = { width: 600, height: 160, left: 12, right: 12, top: 12, bottom: 22 };

export function ValueLine({ map, metric }: { map: HeatMap; metric: HeatMetric }) {
  const { t } = useText();
  const [here, setHere] = useState<number>();
  const { labels, path } = map.x;
  const known = map.cells.flatMap((cell) => (cell.mean === null ? [] : [{ ...cell, mean: cell.mean }]));
  const x = (column: number) =>
    BOX.left + ((BOX.width - BOX.left - BOX.right) * (column + 0.5)) / Math.max(1, labels.length);
  const y = (mean: number) => {
    const share = map.high > map.low ? (mean - map.low) / (map.high - map.low) : 0.5;
    return BOX.top + (1 - share) * (BOX.height - BOX.top - BOX.bottom);
  };
  const told = known.find(({ column }) => column === here) ?? known.toSorted((a, b) => b.mean - a.mean)[0];
  const words = (cell: (typeof known)[number]) =>
    t("heat.told", {
      place: `${shortPath(path)} = ${labels[cell.column]}`,
      value: `${metricName(t, metric)} ${metricText(metric, cell.mean)}`,
      trials: cell.trials,
    });
  return (
    <figure className="value-line">
      <svg viewBox={`0 0 ${BOX.width} ${BOX.height}`} aria-label={t("heat.line_title")}>
        <line
          className="axis"
          x1={BOX.left}
          x2={BOX.width - BOX.right}
          y1={BOX.height - BOX.bottom}
          y2={BOX.height - BOX.bottom}
        />
        <polyline points={known.map(({ column, mean }) => `${x(column)},${y(mean)}`).join(" ")} />
        {known.map((cell) => (
          // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: a picture that says itself when it is reached
          <circle
            role="img"
            key={cell.column}
            cx={x(cell.column)}
            cy={y(cell.mean)}
            r={cell.column === told?.column ? 6 : 4}
            aria-label={words(cell)}
            tabIndex={0}
            onFocus={() => setHere(cell.column)}
            onPointerEnter={() => setHere(cell.column)}
          />
        ))}
        {labels.map((label, column) =>
          column % Math.ceil(labels.length / 10) === 0 ? (
            <text key={label} x={x(column)} y={BOX.height - 6}>
              {label}
            </text>
          ) : null,
        )}
      </svg>
      <figcaption aria-live="polite">{told ? words(told) : ""}</figcaption>
    </figure>
  );
}
