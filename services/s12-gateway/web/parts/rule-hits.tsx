/** How often each rule fired over the chosen stretch, one small picture a rule. */
import { useQuery } from "@tanstack/react-query";
import type { RuleHitsAnswer } from "../../../../shared/client/gen/types.ts";
import { ruleHitsQuery } from "../api/decision-queries.ts";
import { numberText, percentText } from "../format/numbers.ts";
import { dayClockText, dayText, minuteText } from "../format/times.ts";
import { useText } from "../i18n/translate.ts";
import { HITS_PICTURE, type HitColumn, type RuleSeries, seriesOf } from "../state/rule-series.ts";
import { useAsked } from "./asked-fields.tsx";
import { Figure } from "./figures.tsx";
import { LoadedHere } from "./loaded-here.tsx";
import { Empty, Panel } from "./states.tsx";

export function RuleHitsPanel() {
  const { t } = useText();
  const { asked } = useAsked();
  const query = useQuery(ruleHitsQuery(asked));
  return (
    <Panel className="rule-hits" title={t("rule_hits.title")} aside={<Legend />}>
      <LoadedHere query={query} rows={6} what={t("rule_hits.title")}>
        {(answer) => <Hits answer={answer} />}
      </LoadedHere>
    </Panel>
  );
}

function Legend() {
  const { t } = useText();
  return (
    <span className="legend">
      {(["fired", "unknown", "unfired"] as const).map((what) => (
        <span key={what}>
          <span className="legend-key" data-hit={what} aria-hidden="true" /> {t(`rule_hits.${what}`)}
        </span>
      ))}
    </span>
  );
}

function Hits({ answer }: { answer: RuleHitsAnswer }) {
  const { t, locale } = useText();
  const series = seriesOf(answer);
  const { from_ts, to_ts, bucket_ms, decisions, is_part } = answer;
  const dayLong = bucket_ms >= 86_400_000;
  const endText = (ts: number) =>
    (dayLong ? dayText : to_ts - from_ts > 86_400_000 ? dayClockText : minuteText)(ts, locale);
  if (series.length === 0) return <Empty>{t("rule_hits.empty", { count: decisions })}</Empty>;
  return (
    <>
      <p className="muted rule-hits-words">
        {t("rule_hits.words", { count: numberText(decisions, 0), from: endText(from_ts), to: endText(to_ts) })}
        {is_part ? ` ${t("rule_hits.part")}` : ""}
      </p>
      <ul className="multiples">
        {series.map((each) => (
          <Multiple
            key={each.rule_id}
            series={each}
            bucketText={(ts) => (dayLong ? dayText : dayClockText)(ts, locale)}
          />
        ))}
      </ul>
    </>
  );
}

interface MultipleProps {
  series: RuleSeries;
  bucketText: (ts: number) => string;
}

function Multiple({ series, bucketText }: MultipleProps) {
  const { t } = useText();
  const { rule_id, fired, unfired, unknown, columns } = series;
  const looked = fired + unfired + unknown;
  const said = { rule: rule_id, fired, unfired, unknown, count: looked };
  return (
    <li>
      <p className="multiple-head">
        <code>{rule_id}</code>
        <Figure title={t("rule_hits.said", said)}>{`${fired} / ${looked} · ${percentText(fired / looked, 0)}`}</Figure>
      </p>
      <svg
        className="hits"
        viewBox={`0 0 ${HITS_PICTURE.width} ${HITS_PICTURE.height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t("rule_hits.said", said)}
      >
        {columns.map((column) => (
          <Column
            key={column.ts}
            column={column}
            title={`${bucketText(column.ts)} · ${t("rule_hits.bucket", { ...column })}`}
          />
        ))}
      </svg>
    </li>
  );
}

/** What fired stands at the bottom, what could not be told on it, what did not fire on top. */
function Column({ column, title }: { column: HitColumn; title: string }) {
  const { x, width, firedHeight, unknownHeight, unfiredHeight } = column;
  const bottom = HITS_PICTURE.height;
  return (
    <g>
      <title>{title}</title>
      <rect data-hit="fired" {...{ x, width, y: bottom - firedHeight, height: firedHeight }} />
      <rect data-hit="unknown" {...{ x, width, y: bottom - firedHeight - unknownHeight, height: unknownHeight }} />
      <rect
        data-hit="unfired"
        {...{ x, width, y: bottom - firedHeight - unknownHeight - unfiredHeight, height: unfiredHeight }}
      />
    </g>
  );
}
