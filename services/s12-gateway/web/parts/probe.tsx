/** The pointer over a picture, which the arrow keys move too: a slider that lies over it and is not seen. */
import type { PointerEvent } from "react";

interface ProbeProps {
  label: string;
  /** What stands there, in words. */
  said: string;
  min: number;
  max: number;
  step: number;
  value: number;
  onMove: (value: number) => void;
}

export function Probe({ label, said, min, max, step, value, onMove }: ProbeProps) {
  const follow = (event: PointerEvent<HTMLInputElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - left) / (width || 1)));
    onMove(Math.round((min + share * (max - min)) / step) * step);
  };
  return (
    <input
      type="range"
      className="probe"
      aria-label={label}
      aria-valuetext={said}
      {...{ min, max, step, value }}
      onChange={(event) => onMove(Number(event.target.value))}
      onPointerMove={follow}
    />
  );
}
