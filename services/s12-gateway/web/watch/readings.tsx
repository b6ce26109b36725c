/** The figures behind the level, each on a scale with its limits, and how far reality is from what backtests assume. */
import { useQuery } from "@tanstack/react-query";
import type { ConsistencyCheck, HealthReading } from "../../../../shared/domain/watching.ts";
import { numberText, percentText } from "../format/numbers.ts";
import { codeText, type Translate, useText } from "../i18n/translate.ts";
import { Figure } from "../parts/figures.tsx";
import { Empty, Panel, Skeleton } from "../parts/states.tsx";
import { standingQuery } from "./queries.ts";
import { placeOn } from "./scale.ts";

export function ReadingsPanel() {
  const { t } = useText();
  const { data } = useQuery(standingQuery);
  const { readings, consistency } = data ?? {};
  return (
    <Panel
      className="readings"
      title={t("wall.readings")}
      aside={<span className="muted">{t("wall.readings.window")}</span>}
    >
      {data === undefined ? <Skeleton rows={6} /> : null}
      {data && !readings?.length ? <Empty>{t("wall.readings.none")}</Empty> : null}
      <ul className="reading-rows">
        {readings?.map((reading) => (
          <ReadingRow key={reading.name} reading={reading} />
        ))}
      </ul>
      {consistency && consistency.length > 0 ? (
        <>
          <h3 className="reading-head">{t("wall.consistency")}</h3>
          <ul className="reading-rows">
            {consistency.map((check) => (
              <CheckRow key={check.name} check={check} />
            ))}
          </ul>
        </>
      ) : null}
    </Panel>
  );
}

function ReadingRow({ reading }: { reading: HealthReading }) {
  const { t } = useText();
  const { name, value, sample, sample_min, yellow, orange, red, level, changes } = reading;
  const isEnough = sample >= sample_min && value !== null;
  const limits = [
    { at: yellow, level: "YELLOW" },
    { at: orange, level: "ORANGE" },
    { at: red, level: "RED" },
  ];
  const scale = placeOn(reading);
  return (
    <li className="reading" data-level={isEnough ? (level ?? "GREEN") : undefined}>
      <span className="reading-name">
        {codeText(t, "reading", name)}
        <span className="muted">{t(`reading.changes.${changes}`)}</span>
      </span>
      <svg
        className="reading-scale"
        viewBox="0 0 100 12"
        preserveAspectRatio="none"
        role="img"
        aria-label={limits.map((limit) => `${limit.level} ${readingText(reading, limit.at)}`).join(", ")}
      >
        <rect className="reading-track" y="5" width="100" height="2" />
        {limits.map((limit) => (
          <rect key={limit.level} data-level={limit.level} x={scale(limit.at) - 0.4} y="2" width="0.8" height="8" />
        ))}
        {isEnough ? <rect className="reading-mark" x={scale(value) - 0.8} y="0" width="1.6" height="12" /> : null}
      </svg>
      <Figure>{isEnough ? readingText(reading, value) : "–"}</Figure>
      <span className="muted reading-sample">
        {isEnough ? t("wall.sample", { count: sample }) : t("wall.sample.few", { count: sample, min: sample_min })}
      </span>
    </li>
  );
}

/** Shares are told by their names, as the limits are. */
export function readingText({ name, unit }: Pick<HealthReading, "name" | "unit">, value: number): string {
  if (unit === "ms") return value >= 10_000 ? `${numberText(value / 1_000, 1)} s` : `${numberText(value, 0)} ms`;
  return /_(share|ratio|agreement)$/.test(name) ? percentText(value, 2) : numberText(value, 3);
}

function CheckRow({ check }: { check: ConsistencyCheck }) {
  const { t } = useText();
  const { name, value, limit, sample, sample_min, state, detail } = check;
  const level = state === "BEYOND" ? "ORANGE" : state === "OK" ? "GREEN" : undefined;
  return (
    <li className="reading" data-level={level} title={t.say(detail)}>
      <span className="reading-name">
        {codeText(t, "consistency", name)}
        <span className="muted">{t(`consistency.${state}`)}</span>
      </span>
      <Meter t={t} value={value} limit={limit} />
      <Figure>{value === null ? "–" : checkText(name, value)}</Figure>
      <span className="muted reading-sample">
        {state === "NOT_ENOUGH"
          ? t("wall.sample.few", { count: sample, min: sample_min })
          : t("wall.limit", { limit: checkText(name, limit) })}
      </span>
    </li>
  );
}

/** Half of it is the limit. */
function Meter({ t, value, limit }: { t: Translate; value: number | null; limit: number }) {
  const share = value === null ? 0 : Math.min(100, (value / (2 * limit)) * 100);
  return (
    <svg
      className="reading-scale"
      viewBox="0 0 100 12"
      preserveAspectRatio="none"
      role="img"
      aria-label={t("wall.limit", { limit })}
    >
      <rect className="reading-track" y="5" width="100" height="2" />
      <rect data-level="ORANGE" x="49.6" y="2" width="0.8" height="8" />
      {value === null ? null : <rect className="reading-mark" x={share - 0.8} y="0" width="1.6" height="12" />}
    </svg>
  );
}

const checkText = (name: ConsistencyCheck["name"], value: number): string =>
  name === "latency_p95_difference_ms" ? `${numberText(value, 0)} ms` : percentText(value, 1);
