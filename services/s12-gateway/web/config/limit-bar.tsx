/** A figure on its way to a limit: how far it has come, where the limit stands, and what lies beyond. */
import type { Scale } from "./guardrail-scale.ts";

interface LimitBarProps {
  scale: Scale;
  /** Nothing is drawn of what is not known. */
  value: number | undefined;
  isBad?: boolean;
  label: string;
}
const WIDTH = 200;

export function LimitBar({ scale: { from, to, zero, limit, isLeast }, value, isBad = false, label }: LimitBarProps) {
  const x = (of: number) => Math.min(WIDTH, Math.max(0, ((of - from) / (to - from || 1)) * WIDTH));
  const stop = x(limit);
  const [left, right] = value === undefined ? [0, 0] : [Math.min(x(zero), x(value)), Math.max(x(zero), x(value))];
  return (
    <svg
      className="limit-bar"
      viewBox={`0 0 ${WIDTH} 14`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
      data-bad={isBad || undefined}
    >
      <rect className="bar-room" y="4" width={WIDTH} height="6" />
      <rect className="limit-beyond" y="4" height="6" x={isLeast ? 0 : stop} width={isLeast ? stop : WIDTH - stop} />
      <rect className="limit-value" y="4" x={left} width={right - left} height="6" />
      <rect className="bar-limit" x={Math.min(WIDTH - 2, stop)} width="2" height="14" />
    </svg>
  );
}
