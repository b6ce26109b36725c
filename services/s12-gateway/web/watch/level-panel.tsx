/** The health level, large enough to read from afar: why it is so, what it changes, and how it was over the last day. */
import { useQuery } from "@tanstack/react-query";
import type { HealthEffects } from "../../../../shared/streams.ts";
import { EVERY_MS } from "../api/queries.ts";
import { clockText } from "../format/times.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { Age, When } from "../parts/figures.tsx";
import { Loaded, Panel } from "../parts/states.tsx";
import { useStaleSince } from "../parts/use-stale.ts";
import { useLive } from "../state/live.ts";
import { bandOf } from "./level-band.ts";
import { BAND_MS, levelHistoryQuery, standingQuery } from "./queries.ts";

export function LevelPanel() {
  const { t, locale } = useText();
  const query = useQuery(standingQuery);
  const staleSince = useStaleSince(query, EVERY_MS.health);
  return (
    <Panel
      className="level"
      title={t("health.level")}
      aside={
        staleSince === undefined ? null : (
          <span className="stale-note">{t("page.stale", { time: clockText(staleSince, locale) })}</span>
        )
      }
    >
      <Loaded query={query} rows={3}>
        {({ level, reasons, effects, since, ts }) => (
          <div className="level-told" data-stale={staleSince !== undefined || undefined}>
            <p className="level-name" data-level={level}>
              <span className="light" data-level={level} aria-hidden="true" />
              <strong>{t(`health.${level}`)}</strong>
              <span className="muted">
                {level}
                {since === undefined ? null : (
                  <>
                    {" · "}
                    {t("wall.since")} <Age ts={since} />
                  </>
                )}
              </span>
              <When ts={ts} />
            </p>
            <LevelBand level={level} />
            {reasons.length === 0 ? (
              <p className="muted">{t("health.all_well")}</p>
            ) : (
              <ul className="reasons">
                {reasons.map((reason) => (
                  <li key={reason}>{t.say(reason)}</li>
                ))}
              </ul>
            )}
            <p>{t(`wall.effect.${level}`)}</p>
            <Effects effects={effects ?? {}} />
          </div>
        )}
      </Loaded>
    </Panel>
  );
}

function Effects({ effects }: { effects: HealthEffects }) {
  const { t } = useText();
  const told = effectWords(t, effects);
  if (told.length === 0) return null;
  return (
    <ul className="effects" aria-label={t("wall.effects")}>
      {told.map(([what, why]) => (
        <li key={what}>
          <strong>{what}</strong>
          <span className="muted">{why}</span>
        </li>
      ))}
    </ul>
  );
}

export function effectWords(t: Translate, effects: HealthEffects): [what: string, why: string][] {
  const { takers_only, spot_size, models_off, careful_routing, no_entries } = effects;
  return [
    ...(no_entries === undefined ? [] : [[t("wall.effect.no_entries"), t.say(no_entries)] as [string, string]]),
    ...(spot_size === undefined
      ? []
      : [[t("wall.effect.spot_size", { mult: spot_size.mult }), t.say(spot_size.why)] as [string, string]]),
    ...(takers_only === undefined ? [] : [[t("wall.effect.takers_only"), t.say(takers_only)] as [string, string]]),
    ...(models_off === undefined ? [] : [[t("wall.effect.models_off"), t.say(models_off)] as [string, string]]),
    ...(careful_routing === undefined
      ? []
      : [[t("wall.effect.careful_routing"), t.say(careful_routing)] as [string, string]]),
  ];
}

/** A day as a band, the colour being the level: how often and how long it was unwell is seen at once. */
function LevelBand({ level }: { level: string }) {
  const { t, locale } = useText();
  const { serverNow } = useLive();
  const changes = useQuery(levelHistoryQuery).data;
  if (!changes) return null;
  const to = serverNow();
  const parts = bandOf(changes, { from: to - BAND_MS, to, level });
  return (
    <figure className="level-band">
      <svg viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label={t("wall.band")}>
        {parts.map((part) => (
          <rect
            key={part.from}
            data-level={part.level}
            x={((part.from - (to - BAND_MS)) / BAND_MS) * 1000}
            width={Math.max(1.5, ((part.to - part.from) / BAND_MS) * 1000)}
            height="10"
          >
            <title>{`${part.level} ${clockText(part.from, locale)}–${clockText(part.to, locale)}`}</title>
          </rect>
        ))}
      </svg>
      <figcaption className="muted">
        <span>{t("wall.band.from")}</span>
        <span>{t("wall.band.changes", { count: changes.length })}</span>
        <span>{t("wall.band.now")}</span>
      </figcaption>
    </figure>
  );
}
