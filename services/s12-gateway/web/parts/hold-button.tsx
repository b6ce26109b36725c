/** A button that acts only when held for a second, by pointer or by Space or Enter, showing how far it is. */
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { beforePaint, now } from "../api/now.ts";
import { decideHold, type Hold, type HoldInput, idle, progressOf } from "../state/hold.ts";

interface HoldButtonProps {
  onFire: () => void;
  /** A short press, where that means something. */
  onClick?: () => void;
  disabled?: boolean;
  className?: string;
  label?: string;
  title?: string;
  children: ReactNode;
}

export function HoldButton({ onFire, onClick, disabled, className = "", label, title, children }: HoldButtonProps) {
  const { hold, feed } = useHold({ onFire, onClick });
  const meter = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const scale = (progress: number) => {
      if (meter.current) meter.current.style.transform = `scaleX(${progress})`;
    };
    scale(progressOf(hold, now()));
    if (hold.phase !== "holding") return;
    let stop = beforePaint(function frame() {
      scale(progressOf(hold, now()));
      feed("frame");
      stop = beforePaint(frame);
    });
    return () => stop();
  }, [hold, feed]);

  const isPressKey = (event: KeyboardEvent) => event.key === " " || event.key === "Enter";
  return (
    <button
      type="button"
      className={`button hold ${className}`}
      data-phase={hold.phase}
      disabled={disabled}
      aria-label={label}
      title={title}
      onPointerDown={(event) => event.button === 0 && feed("press")}
      onPointerUp={() => feed("release")}
      onPointerLeave={() => feed("cancel")}
      onPointerCancel={() => feed("cancel")}
      onBlur={() => feed("cancel")}
      onContextMenu={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (!isPressKey(event)) return;
        event.preventDefault();
        feed("press");
      }}
      onKeyUp={(event) => {
        if (!isPressKey(event)) return;
        event.preventDefault();
        feed("release");
      }}
    >
      <span ref={meter} className="hold-meter" aria-hidden="true" />
      <span className="hold-text">{children}</span>
    </button>
  );
}

function useHold(act: { onFire: () => void; onClick: (() => void) | undefined }) {
  const [hold, setHold] = useState<Hold>(idle);
  const state = useRef<Hold>(idle);
  const acts = useRef(act);
  acts.current = act;
  const feed = useRef((kind: HoldInput["kind"]) => {
    const next = decideHold(state.current, { kind, at: now() });
    if (next.hold !== state.current) {
      state.current = next.hold;
      setHold(next.hold);
    }
    if (next.outcome === "fire") acts.current.onFire();
    if (next.outcome === "click") acts.current.onClick?.();
  }).current;
  return { hold, feed };
}
