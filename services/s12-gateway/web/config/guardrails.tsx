/** The guardrails of a canary: what takes it back by itself, and how far each is from doing so. */
import type { GuardrailVerdict } from "../../../../shared/domain/promotion.ts";
import { percentText } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";
import { figureText } from "./gate-list.tsx";
import { scaleOf, shareOfLimit } from "./guardrail-scale.ts";
import { LimitBar } from "./limit-bar.tsx";

const MARK = { OK: "✓", BREACHED: "✕", NOT_ENOUGH: "○" } as const;

export function GuardrailList({ guardrails }: { guardrails: readonly GuardrailVerdict[] }) {
  return (
    <ul className="gates guardrails">
      {guardrails.map((verdict) => (
        <Guardrail key={verdict.name} verdict={verdict} />
      ))}
    </ul>
  );
}

function Guardrail({ verdict }: { verdict: GuardrailVerdict }) {
  const { t } = useText();
  const { name, state, value, limit, sample, sample_min, detail } = verdict;
  const used = shareOfLimit(verdict);
  const words =
    state === "NOT_ENOUGH"
      ? t("guardrail.not_enough", { sample, least: sample_min })
      : used === undefined
        ? t(`guardrail_state.${state}`)
        : t("guardrail.used", { share: percentText(used, 0) });
  return (
    <li data-state={state}>
      <span className="gate-mark" aria-hidden="true">
        {MARK[state]}
      </span>
      <span className="gate-text">
        <strong>{t(`guardrail.${name}`)}</strong> <span className="gate-state">{words}</span>
        <span className="muted">{t.say(detail)}</span>
      </span>
      <span className="figure gate-figure">
        {figureOf(name, value)} <span className="muted">/ {figureOf(name, limit)}</span>
      </span>
      <LimitBar
        scale={scaleOf(verdict)}
        value={value === null ? undefined : Number(value)}
        isBad={state === "BREACHED"}
        label={`${t(`guardrail.${name}`)}: ${words}`}
      />
    </li>
  );
}

const SHARES: ReadonlySet<GuardrailVerdict["name"]> = new Set(["pnl", "reject_rate"]);
function figureOf(name: GuardrailVerdict["name"], value: GuardrailVerdict["value"]): string {
  if (value === null) return "–";
  if (SHARES.has(name)) return percentText(Number(value), 2, name === "pnl");
  return name === "drawdown" ? `${Number(value).toFixed(2)} USDT` : figureText(Number(value));
}
