/** A model's curves as small pictures: said against come true, ROC, and the spread of its scores. */
import type { ReactNode } from "react";
import type { ModelCurves } from "../../../../shared/domain/training.ts";
import { numberText, percentText } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";

const BOX = { size: 240, left: 34, bottom: 26, top: 8, right: 8 };
const TICKS = [0, 0.25, 0.5, 0.75, 1];
const x = (share: number): number => BOX.left + share * (BOX.size - BOX.left - BOX.right);
const y = (share: number): number => BOX.size - BOX.bottom - share * (BOX.size - BOX.bottom - BOX.top);

interface FrameProps {
  label: string;
  across: string;
  upwards: string;
  children: ReactNode;
  caption: string;
}

/** Both axes from 0 to 1. */
function Frame({ label, across, upwards, children, caption }: FrameProps) {
  return (
    <figure className="plot">
      <svg viewBox={`0 0 ${BOX.size} ${BOX.size}`} role="img" aria-label={label}>
        {TICKS.map((share) => (
          <g key={share} className="plot-grid">
            <line x1={x(0)} x2={x(1)} y1={y(share)} y2={y(share)} />
            <line x1={x(share)} x2={x(share)} y1={y(0)} y2={y(1)} />
            <text x={x(share)} y={y(0) + 12} textAnchor="middle">
              {share}
            </text>
            <text x={x(0) - 5} y={y(share) + 3} textAnchor="end">
              {share}
            </text>
          </g>
        ))}
        {children}
        <text className="plot-name" x={x(0.5)} y={BOX.size - 2} textAnchor="middle">
          {across}
        </text>
        <text className="plot-name" transform={`translate(9 ${y(0.5)}) rotate(-90)`} textAnchor="middle">
          {upwards}
        </text>
      </svg>
      <figcaption className="muted">{caption}</figcaption>
    </figure>
  );
}

export function ReliabilityPlot({ bins }: { bins: ModelCurves["reliability"] }) {
  const { t } = useText();
  const known = bins.flatMap(({ mean_p, share, ...bin }) =>
    mean_p === null || share === null ? [] : [{ ...bin, mean_p, share }],
  );
  const most = Math.max(...known.map(({ count }) => count), 1);
  return (
    <Frame
      label={t("model.reliability")}
      across={t("model.said")}
      upwards={t("model.came_true")}
      caption={t("model.reliability.hint")}
    >
      <line className="plot-ideal" x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
      <polyline
        className="plot-line"
        points={known
          .filter(({ is_thin }) => !is_thin)
          .map(({ mean_p, share }) => `${x(mean_p)},${y(share)}`)
          .join(" ")}
      />
      {known.map(({ from, mean_p, share, count, is_thin }) => (
        <circle
          key={from}
          className="plot-point"
          data-thin={is_thin || undefined}
          cx={x(mean_p)}
          cy={y(share)}
          r={2.5 + 4 * Math.sqrt(count / most)}
        >
          <title>{t("model.bin", { said: percentText(mean_p, 1), true: percentText(share, 1), count })}</title>
        </circle>
      ))}
    </Frame>
  );
}

export function RocPlot({ points, auc }: { points: ModelCurves["roc"]; auc: number | null }) {
  const { t } = useText();
  return (
    <Frame
      label={t("model.roc.label", { auc: numberText(auc, 3) })}
      across={t("model.fpr")}
      upwards={t("model.tpr")}
      caption={t("model.roc.hint", { auc: numberText(auc, 3) })}
    >
      <line className="plot-ideal" x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
      <polyline className="plot-line" points={points.map(({ fpr, tpr }) => `${x(fpr)},${y(tpr)}`).join(" ")} />
    </Frame>
  );
}

/** What came true stands upwards, what did not downwards. */
export function ScorePlot({ bins }: { bins: ModelCurves["histogram"] }) {
  const { t } = useText();
  const most = Math.max(...bins.map(({ positives, negatives }) => Math.max(positives, negatives)), 1);
  const middle = (y(0) + y(1)) / 2;
  const height = (count: number) => ((middle - y(1)) * count) / most;
  return (
    <figure className="plot">
      <svg viewBox={`0 0 ${BOX.size} ${BOX.size}`} role="img" aria-label={t("model.scores")}>
        {bins.map(({ from, to, positives, negatives }) => (
          <g key={from}>
            <rect
              className="score-positive"
              x={x(from) + 0.5}
              width={x(to) - x(from) - 1}
              y={middle - height(positives)}
              height={height(positives)}
            >
              <title>{t("model.score_bin", { from, to, positives, negatives })}</title>
            </rect>
            <rect
              className="score-negative"
              x={x(from) + 0.5}
              width={x(to) - x(from) - 1}
              y={middle}
              height={height(negatives)}
            >
              <title>{t("model.score_bin", { from, to, positives, negatives })}</title>
            </rect>
          </g>
        ))}
        <line className="axis" x1={x(0)} x2={x(1)} y1={middle} y2={middle} />
        {TICKS.map((share) => (
          <text key={share} x={x(share)} y={y(0) + 12} textAnchor="middle">
            {share}
          </text>
        ))}
        <text className="plot-name" x={x(0.5)} y={BOX.size - 2} textAnchor="middle">
          {t("model.said")}
        </text>
        <text className="plot-name" x={x(0.02)} y={y(1) + 10}>
          {t("labels.class.pos")} ▲
        </text>
        <text className="plot-name" x={x(0.02)} y={y(0) - 4}>
          {t("model.not_gained")} ▼
        </text>
      </svg>
      <figcaption className="muted">{t("model.scores.hint")}</figcaption>
    </figure>
  );
}
