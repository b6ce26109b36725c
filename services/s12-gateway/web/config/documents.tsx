/** The other documents of a bundle: rules, factors, instruments, models and flags, each as it is best read. */
import type { Bundle, RuleEffect, Strategy } from "../../../../shared/domain/bundle.ts";
import { percentText } from "../format/numbers.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { ConditionView } from "../parts/condition-view.tsx";
import { Figure, Pair } from "../parts/figures.tsx";
import { InstrumentName } from "../parts/links.tsx";
import { Empty } from "../parts/states.tsx";
import { plainNumber } from "../stories/words.ts";
import { valueText } from "./value-text.ts";

interface DocumentProps {
  bundle: Bundle;
}

/** More are shown as text alone: a page of ten thousand trees helps nobody. */
const RULES_SHOWN = 200;

export function RulesDocument({ bundle: { rules } }: DocumentProps) {
  const { t } = useText();
  if (rules.length === 0) return <Empty>{t("config.no_rules")}</Empty>;
  const sorted = rules.toSorted((a, b) => a.priority - b.priority);
  return (
    <>
      {sorted.slice(0, RULES_SHOWN).map((rule) => (
        <article key={rule.rule_id} className="config-item" aria-label={rule.rule_id}>
          <h3>
            <code>{rule.rule_id}</code>
            {rule.enabled ? null : <span className="warn-text">{t("config.disabled")}</span>}
            <span className="muted">{t("config.priority", { priority: rule.priority })}</span>
          </h3>
          {rule.note ? <p className="muted">{rule.note}</p> : null}
          <div className="config-columns">
            <section aria-label={t("config.when")}>
              <h4>{t("config.when")}</h4>
              <ConditionView condition={rule.when} />
            </section>
            <section aria-label={t("config.then")}>
              <h4>{t("config.then")}</h4>
              <p>{effectText(t, rule.effect)}</p>
              <p className="muted">
                {rule.strategies.length === 0
                  ? t("config.all_strategies")
                  : t("config.only_strategies", { names: rule.strategies.join(", ") })}
              </p>
            </section>
          </div>
        </article>
      ))}
      {rules.length > RULES_SHOWN ? (
        <p className="muted padded">{t("config.more_rules", { count: rules.length - RULES_SHOWN })}</p>
      ) : null}
    </>
  );
}

export function effectText(t: Translate, effect: RuleEffect): string {
  const { skip_entry, size_mult, tp_mult, sl_mult, max_adds_override: adds } = effect;
  const times = (what: "size" | "target" | "stop", mult: number | undefined) =>
    mult === undefined ? "" : t(`config.effect.${what}`, { mult: plainNumber(mult) });
  const parts = [
    skip_entry ? t("config.effect.skip") : "",
    times("size", size_mult),
    times("target", tp_mult),
    times("stop", sl_mult),
    adds === undefined ? "" : t("config.effect.adds", { count: adds }),
  ];
  return parts.filter(Boolean).join(", ") || t("config.effect.none");
}

export function FactorsDocument({ bundle: { factors } }: DocumentProps) {
  return (
    <ul className="factor-names">
      {factors.map((factor) => (
        <li key={factor}>
          <code>{factor}</code>
        </li>
      ))}
    </ul>
  );
}

export function InstrumentsDocument({ bundle: { instruments, strategies } }: DocumentProps) {
  const { t } = useText();
  const usersOf = (instrument: string) =>
    strategies.filter((strategy) => strategy.instruments.includes(instrument)).map(({ strategy_id }) => strategy_id);
  return (
    <div className="scroll-x padded">
      <table className="small-table numbers">
        <caption className="unseen">{t("document.instruments")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("column.instrument")}</th>
            <th scope="col">{t("config.traded")}</th>
            <th scope="col" className="right">
              {t("config.spread_max")}
            </th>
            <th scope="col" className="right">
              {t("config.depth_min")}
            </th>
            <th scope="col">{t("document.strategies")}</th>
          </tr>
        </thead>
        <tbody>
          {instruments.map(({ instrument, enabled, spread_bps_max, depth_top1_usdt_min }) => (
            <tr key={instrument}>
              <th scope="row">
                <InstrumentName instrument={instrument} />
              </th>
              <td>{t(enabled ? "config.yes" : "config.no")}</td>
              <td className="right">
                <Figure>{plainNumber(spread_bps_max)}</Figure>
              </td>
              <td className="right">
                <Figure>{plainNumber(depth_top1_usdt_min)}</Figure>
              </td>
              <td>{usersOf(instrument).join(", ") || "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function ModelsDocument({ bundle: { strategies } }: DocumentProps) {
  const { t } = useText();
  const users = strategies.filter(({ model, program }) => model || program);
  if (users.length === 0) return <Empty>{t("config.no_models")}</Empty>;
  return users.map((strategy) => <ModelView key={strategy.strategy_id} strategy={strategy} />);
}

function ModelView({ strategy: { strategy_id, model, program } }: { strategy: Strategy }) {
  const { t } = useText();
  return (
    <article className="config-item" aria-label={strategy_id}>
      <h3>
        <code>{strategy_id}</code>
      </h3>
      <dl className="facts">
        {model ? (
          <>
            <Pair label={t("models.model")}>
              <code>{model.model_id}</code> <code title={model.hash}>{model.hash.slice(0, 8)}</code>
            </Pair>
            <Pair label={t("config.cutoffs")}>
              <ul>
                {model.cutoffs.map(({ p_min, size_mult }) => (
                  <li key={p_min}>{t("config.cutoff", { p: percentText(p_min, 0), mult: plainNumber(size_mult) })}</li>
                ))}
              </ul>
            </Pair>
            <Pair label={t("config.deadline")}>
              <Figure>{`${model.deadline_ms} ms`}</Figure>
            </Pair>
          </>
        ) : null}
        {program ? (
          <Pair label={t("config.program")}>
            <code>{program.program_id}</code> <code title={program.hash}>{program.hash.slice(0, 8)}</code>
          </Pair>
        ) : null}
      </dl>
    </article>
  );
}

export function FlagsDocument({ bundle: { flags } }: DocumentProps) {
  return (
    <div className="config-columns flags">
      {Object.entries(flags).map(([name, values]) => (
        <section key={name} aria-label={name}>
          <h4>
            <code>{name}</code>
          </h4>
          <dl className="pairs one flag-pairs">
            {Object.entries(values as object).map(([key, value]) => (
              <Pair key={key} label={key}>
                <Figure>{valueText(value)}</Figure>
              </Pair>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
