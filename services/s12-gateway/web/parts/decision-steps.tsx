/** One decision as the way it went: the moment, guards, side, rules, model, size, order; each in words, then in numbers. */
import type { ReactNode } from "react";
import type { Condition } from "../../../../shared/domain/bundle.ts";
import type { Decision } from "../../../../shared/domain/decision.ts";
import { useText } from "../i18n/translate.ts";
import { heldOf, treeOf, type Values } from "../state/condition-tree.ts";
import { type StepState, stepsOf, type ToldDecision } from "../state/decision-steps.ts";
import { guardsSaid, ordersSaid, rulesSaid, sideSaid, sizingSaid, triggerSaid } from "../stories/step-words.ts";
import { ConditionView, TruthMark, truthKey } from "./condition-view.tsx";
import { GuardTable } from "./decision-bars.tsx";
import { ModelStep, ProgramStep } from "./decision-says.tsx";
import { When } from "./figures.tsx";
import { OrderLink } from "./links.tsx";

export function DecisionSteps({ decision }: { decision: ToldDecision }) {
  const { t } = useText();
  const state = stepsOf(decision);
  const { basis, guards, sizing } = decision;
  const hasModel = state.model !== "none" && (basis === undefined || basis.cutoffs !== undefined);
  return (
    <ol className="decision-steps">
      <Step title={t("decision.moment")} words={triggerSaid(t, basis?.trigger)} state="passed">
        {basis?.trigger ? (
          <p className="muted">
            {t("decision.exchange_time")} <When ts={basis.trigger.exch_ts} precise />
          </p>
        ) : null}
      </Step>
      <Step title={t("decision.step.guards")} words={guardsSaid(t, decision)} state={state.guards}>
        {guards.length > 0 ? (
          <details open={state.guards === "ended"}>
            <summary>{t("decision.all_guards", { count: guards.length })}</summary>
            <GuardTable guards={guards} />
          </details>
        ) : null}
      </Step>
      <Step title={t("decision.step.side")} words={sideSaid(t, decision)} state={state.side}>
        {decision.program ? <ProgramStep decision={decision} /> : <Conditions decision={decision} state={state.side} />}
      </Step>
      <Step title={t("decision.step.rules")} words={rulesSaid(t, decision)} state={state.rules}>
        <Rules decision={decision} />
      </Step>
      {hasModel ? (
        <Step title={t("decision.step.model")} words="" state={state.model}>
          <ModelStep decision={decision} />
        </Step>
      ) : null}
      <Step title={t("decision.step.sizing")} words={sizingSaid(t, decision)} state={state.sizing}>
        {sizing?.steps.length ? (
          <ol className="steps">
            {sizing.steps.map((step) => (
              <li key={step}>
                <code>{t.say(step)}</code>
              </li>
            ))}
          </ol>
        ) : null}
      </Step>
      {decision.intents.length > 0 ? (
        <Step title={t("decision.step.orders")} words={ordersSaid(t, decision)} state="passed">
          <Orders decision={decision} />
        </Step>
      ) : null}
    </ol>
  );
}

const STATE_MARK: Record<StepState, string> = { passed: "✓", ended: "✕", unreached: "·", none: "·" };

interface StepProps {
  title: string;
  words: string;
  state: StepState;
  children?: ReactNode;
}

function Step({ title, words, state, children }: StepProps) {
  const { t } = useText();
  const unreached = state === "unreached";
  return (
    <li className="decision-step" data-state={state}>
      <h3>
        <span
          className="step-mark"
          role="img"
          aria-label={t(`decision.state.${state}`)}
          title={t(`decision.state.${state}`)}
        >
          {STATE_MARK[state]}
        </span>
        {title}
        {unreached ? <span className="muted"> · {t("decision.state.unreached")}</span> : null}
      </h3>
      {words && !unreached ? <p>{words}</p> : null}
      {unreached ? null : children}
    </li>
  );
}

/** `side` is one of the values that conditions of rules see. */
const valuesOf = ({ features, decision }: Decision): Values => ({
  ...features,
  ...(decision.side && { side: decision.side === "BUY" ? 1 : -1 }),
});

function Conditions({ decision, state }: { decision: ToldDecision; state: StepState }) {
  const { t } = useText();
  const { basis } = decision;
  if (!basis) return null;
  const sides = (["long", "short"] as const).flatMap((way) => {
    const condition = basis[way] as Condition | undefined;
    return condition ? [{ way, condition, tree: treeOf(condition, decision.features) }] : [];
  });
  if (sides.length === 0) return <p className="muted">{t("decision.no_conditions")}</p>;
  return (
    <div className="conditions">
      {sides.map(({ way, condition, tree }) => (
        <details key={way} open={tree.truth === true || state === "ended"}>
          <summary>
            <TruthMark truth={tree.truth} /> {t(`decision.${way}`)}{" "}
            <span className="muted">
              {t(`truth.${truthKey(tree.truth)}`)} · {t("decision.held", heldOf(tree))}
            </span>
          </summary>
          <ConditionView condition={condition} values={decision.features} />
        </details>
      ))}
    </div>
  );
}

function Rules({ decision }: { decision: ToldDecision }) {
  const { t } = useText();
  const known = new Map(decision.basis?.rules.map((rule) => [rule.rule_id, rule]));
  return (
    <ul className="rule-list">
      {decision.rules.map(({ rule_id, fired, effect }) => {
        const rule = known.get(rule_id);
        const truth = fired ?? undefined;
        const head = (
          <>
            <TruthMark truth={truth} /> <code>{rule_id}</code>{" "}
            <span className="muted">
              {t(`decision.rule.${truthKey(truth)}`)} · {t.say(effect)}
            </span>
          </>
        );
        return (
          <li key={rule_id} data-truth={truthKey(truth)}>
            {rule ? (
              <details>
                <summary>{head}</summary>
                {rule.note ? <p className="muted">{rule.note}</p> : null}
                <ConditionView condition={rule.when as Condition} values={valuesOf(decision)} />
              </details>
            ) : (
              <p>{head}</p>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function Orders({ decision: { order, not_taken } }: { decision: ToldDecision }) {
  const { t } = useText();
  if (not_taken)
    return (
      <p className="form-error">{t("decision.not_taken", { code: not_taken.code, why: t.say(not_taken.message) })}</p>
    );
  if (!order?.client_order_ids.length) return null;
  return (
    <p className="side-links">
      {order.client_order_ids.map((id) => (
        <OrderLink key={id} id={id} />
      ))}
    </p>
  );
}
