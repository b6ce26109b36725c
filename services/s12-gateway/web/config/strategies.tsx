/** The strategies of a bundle as one reads them: when they look, what they want to see, how they size and leave. */
import type { Bundle, BundleTrigger, Strategy } from "../../../../shared/domain/bundle.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { ConditionView } from "../parts/condition-view.tsx";
import { Figure, Pair } from "../parts/figures.tsx";
import { InstrumentName } from "../parts/links.tsx";
import { Empty } from "../parts/states.tsx";
import { plainNumber } from "../stories/words.ts";
import { valueText } from "./value-text.ts";

export function StrategiesDocument({ bundle }: { bundle: Bundle }) {
  const { t } = useText();
  if (bundle.strategies.length === 0) return <Empty>{t("config.no_strategies")}</Empty>;
  return bundle.strategies.map((strategy) => <StrategyView key={strategy.strategy_id} strategy={strategy} />);
}

function StrategyView({ strategy }: { strategy: Strategy }) {
  const { t } = useText();
  const { strategy_id, title, enabled, instruments, triggers, long, short, program, model } = strategy;
  return (
    <article className="config-item" aria-label={strategy_id}>
      <h3>
        <code>{strategy_id}</code>
        {enabled ? null : <span className="warn-text">{t("config.disabled")}</span>}
        <span className="config-title">{title}</span>
      </h3>
      <dl className="facts">
        <Pair label={t("document.instruments")}>
          <span className="name-list">
            {instruments.map((each) => (
              <InstrumentName key={each} instrument={each} />
            ))}
          </span>
        </Pair>
        <Pair label={t("config.looks")}>
          <ul>
            {triggers.map((trigger) => (
              <li key={JSON.stringify(trigger)}>{triggerText(t, trigger)}</li>
            ))}
          </ul>
        </Pair>
        {program ? (
          <Pair label={t("config.program")}>
            <code>{program.program_id}</code> <code title={program.hash}>{program.hash.slice(0, 8)}</code>
          </Pair>
        ) : null}
        {model ? (
          <Pair label={t("models.model")}>
            <code>{model.model_id}</code>
          </Pair>
        ) : null}
      </dl>
      <div className="config-columns">
        {long ? (
          <section aria-label={t("position.long")}>
            <h4>{t("config.long_when")}</h4>
            <ConditionView condition={long} />
          </section>
        ) : null}
        {short ? (
          <section aria-label={t("position.short")}>
            <h4>{t("config.short_when")}</h4>
            <ConditionView condition={short} />
          </section>
        ) : null}
        <Overrides title={t("config.sizing")} values={strategy.sizing} />
        <Overrides title={t("config.position")} values={strategy.position} />
      </div>
    </article>
  );
}

/** Only what differs from the flags stands there. */
function Overrides({ title, values }: { title: string; values: object }) {
  const { t } = useText();
  const entries = Object.entries(values);
  return (
    <section aria-label={title}>
      <h4>{title}</h4>
      {entries.length === 0 ? (
        <p className="muted">{t("config.as_flags")}</p>
      ) : (
        <dl className="pairs one flag-pairs">
          {entries.map(([key, value]) => (
            <Pair key={key} label={key}>
              <Figure>{valueText(value)}</Figure>
            </Pair>
          ))}
        </dl>
      )}
    </section>
  );
}

const SECOND_MS = 1_000;
function triggerText(t: Translate, trigger: BundleTrigger): string {
  const what =
    trigger.kind === "bar"
      ? t("config.trigger.bar", { timeframe: trigger.timeframe })
      : t(`config.trigger.${trigger.direction}`, { factor: trigger.factor, level: plainNumber(trigger.level) });
  if (trigger.cooldown_ms === 0) return what;
  return t("config.cooldown", { what, seconds: trigger.cooldown_ms / SECOND_MS });
}
