/** What both arms of a promotion really did: figures side by side, and the curves of what they have earned. */
import { type ReactNode, useMemo } from "react";
import type { ArmFigures, GuardrailVerdict } from "../../../../shared/domain/promotion.ts";
import { numberText, percentText } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";
import { Figure, Money } from "../parts/figures.tsx";
import { Empty } from "../parts/states.tsx";
import { CurveChart, LineKey, type ShownCurve } from "../research/curve-chart.tsx";
import { lastOf, spanning, takenBackBelow } from "./arm-curves.ts";

interface ArmsProps {
  stable: ArmFigures;
  canary: ArmFigures;
  guardrails: readonly GuardrailVerdict[];
}

/** `since`: when it began with nothing, epoch ms. */
interface Earned {
  readonly since: number;
  readonly curve: ArmFigures["curve"];
}
interface CurvesProps {
  /** The revision's own, through all its steps. */
  own: Earned;
  /** Absent: it is in force for all. */
  others: Earned | undefined;
  guardrails: readonly GuardrailVerdict[];
}

export function ArmCurves({ own: earned, others, guardrails }: CurvesProps) {
  const { t } = useText();
  const { since, curve } = earned;
  const { since: othersSince = since, curve: othersCurve } = others ?? {};
  const limit = guardrails.find(({ name }) => name === "drawdown")?.limit;
  const curves = useMemo((): ShownCurve[] => {
    const line = { pane: 0, isShare: false } as const;
    const until = lastOf(curve, othersCurve ?? []);
    const own = spanning(curve, { since, until });
    const beside = othersCurve ? spanning(othersCurve, { since: othersSince, until }) : [];
    const below = limit === undefined || own.length < 2 ? [] : takenBackBelow(own, Number(limit));
    const all: ShownCurve[] = [
      { ...line, id: "stable", name: t("config.arm.stable"), curve: beside, colour: 2 },
      { ...line, id: "canary", name: t(othersCurve ? "config.arm.canary" : "arm.now"), curve: own, colour: 1 },
      { ...line, id: "limit", name: t("arm.taken_back_below"), curve: below, colour: 4, isDashed: true },
    ];
    return all.filter(({ curve }) => curve.length > 1);
  }, [curve, since, othersCurve, othersSince, limit, t]);
  if (curves.length === 0) return <Empty>{t("arm.no_curves")}</Empty>;
  return <CurveChart label={t(others ? "arm.curves.label" : "arm.curves.label.full")} curves={curves} />;
}

/** Of the revision before one that is in force for all only its last trades and entries are known. */
const BESIDE_FORMER: ReadonlySet<FigureName> = new Set(["roe", "trades_closed", "entries", "rejected", "reject_rate"]);

export function ArmTable({ stable, canary, guardrails, isForAll }: ArmsProps & { isForAll: boolean }) {
  const { t } = useText();
  const arms = [stable, canary];
  const count = (name: CountName) => arms.map((arm) => <Figure key={arm.rev}>{numberText(arm[name], 0)}</Figure>);
  const share = (name: "reject_rate" | "roe_mean") =>
    arms.map((arm) => <Figure key={arm.rev}>{percentText(arm[name] ?? undefined, 2)}</Figure>);
  const money = (name: "pnl_usdt" | "drawdown_usdt", gain: boolean) =>
    arms.map((arm) => <Money key={arm.rev} value={arm[name]} gain={gain} />);
  const score = (name: "auc" | "brier") =>
    arms.map((arm) => <Score key={arm.rev} arm={arm} name={name} guardrails={guardrails} />);
  const rows: readonly (readonly [name: FigureName, cells: readonly ReactNode[]])[] = [
    ["pnl", money("pnl_usdt", true)],
    ["drawdown", money("drawdown_usdt", false)],
    ["roe", share("roe_mean")],
    ["trades_closed", count("trades_closed")],
    ["trades_open", count("trades_open")],
    ["signals", count("signals")],
    ["decisions", count("decisions")],
    ["opened", count("opened")],
    ["entries", count("entries")],
    ["rejected", count("rejected")],
    ["reject_rate", share("reject_rate")],
    ["labels", count("labels")],
    ["auc", score("auc")],
    ["brier", score("brier")],
  ];
  return (
    <table className="small-table numbers run-figures-table">
      <caption className="unseen">{t("arm.title")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("research.figure")}</th>
          <th scope="col" className="right">
            <LineKey colour={2} isDashed={false} />{" "}
            {t("arm.of", { arm: t(isForAll ? "arm.before" : "config.arm.stable"), rev: stable.rev })}
          </th>
          <th scope="col" className="right">
            <LineKey colour={1} isDashed={false} />{" "}
            {t("arm.of", { arm: t(isForAll ? "arm.now" : "config.arm.canary"), rev: canary.rev })}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, [left, right]]) => (
          <tr key={name}>
            <th scope="row">{t(`arm.${name}`)}</th>
            <td className="right">{isForAll && !BESIDE_FORMER.has(name) ? <span className="muted">–</span> : left}</td>
            <td className="right">{right}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type CountName =
  | "trades_closed"
  | "trades_open"
  | "signals"
  | "decisions"
  | "opened"
  | "entries"
  | "rejected"
  | "labels";
type FigureName = CountName | "pnl" | "drawdown" | "roe" | "reject_rate" | "auc" | "brier";

/** Of too few labels no score is told. */
function Score({
  arm,
  name,
  guardrails,
}: {
  arm: ArmFigures;
  name: "auc" | "brier";
  guardrails: ArmsProps["guardrails"];
}) {
  const { t } = useText();
  const least = guardrails.find((each) => each.name === name)?.sample_min ?? 0;
  if (arm[name] !== null && arm.labels >= least) return <Figure>{numberText(arm[name], 4)}</Figure>;
  if (arm.labels === 0) return <span className="muted">–</span>;
  return <span className="muted">{t("guardrail.not_enough", { sample: arm.labels, least })}</span>;
}
