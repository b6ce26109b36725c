/** Gates one by one: passed, failed or too little to say, by mark and word, with figure and limit. */
import type { GateResult } from "../../../../shared/domain/promotion.ts";
import { useText } from "../i18n/translate.ts";
import { shortId } from "../parts/links.tsx";
import { plainNumber } from "../stories/words.ts";
import { ConfigLink } from "./links.tsx";

const MARK = { PASSED: "✓", FAILED: "✕", NOT_ENOUGH: "○" } as const;

export function GateList({ gates }: { gates: readonly GateResult[] }) {
  const { t } = useText();
  return (
    <ul className="gates">
      {gates.map(({ name, state, value, limit, detail }) => (
        <li key={`${name}/${detail}`} data-state={state}>
          <span className="gate-mark" aria-hidden="true">
            {MARK[state]}
          </span>
          <span className="gate-text">
            <strong>{t(`gate.${name}`)}</strong> <span className="gate-state">{t(`gate_state.${state}`)}</span>
            {detail ? <span className="muted">{t.say(detail)}</span> : null}
          </span>
          {value === null && limit === null ? null : (
            <span className="figure gate-figure">
              {name === "simulation" && typeof value === "string" ? (
                <ConfigLink to={{ at: "simulation", id: value }}>{shortId(value)}</ConfigLink>
              ) : (
                figureText(value)
              )}
              {limit === null ? null : <span className="muted"> / {figureText(limit)}</span>}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

export const figureText = (value: number | string | null): string =>
  value === null ? "–" : typeof value === "number" ? plainNumber(value) : value;
