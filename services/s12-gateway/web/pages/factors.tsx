/** The factors page: every active factor of an instrument as it stands, the past of one, regimes, and recomputations. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { FactorFamily, FeaturesAnswer } from "../../../../shared/client/gen/types.ts";
import { FEATURES_EVERY_MS, factorsQuery, regimesQuery } from "../api/factor-queries.ts";
import { clockText } from "../format/times.ts";
import { codeText, useText } from "../i18n/translate.ts";
import { useAsked } from "../parts/asked-fields.tsx";
import { FactorDetail } from "../parts/factor-detail.tsx";
import { type FactorRow, FactorTable, factorRow } from "../parts/factor-table.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { RecomputePanel } from "../parts/recompute-panel.tsx";
import { Select } from "../parts/select.tsx";
import { Empty, Panel } from "../parts/states.tsx";
import { useFeatures } from "../parts/use-features.ts";
import { useNarrow } from "../parts/use-narrow.ts";
import { useStaleSince } from "../parts/use-stale.ts";
import { addressStore, go } from "../state/address.ts";
import { useStore } from "../state/store.ts";

export function FactorsPage() {
  const { t } = useText();
  const factors = useQuery(factorsQuery);
  const instrument = useWatchedInstrument();
  return (
    <main className="page factors-page" aria-label={t("page.factors")}>
      <LoadedHere query={factors} rows={14} what={t("page.factors")}>
        {({ families, active, unknown }) => (
          <Whole key={instrument} instrument={instrument} families={families} active={active} unknown={unknown} />
        )}
      </LoadedHere>
    </main>
  );
}

/** The one watched everywhere, where it has features; else the first that has. */
function useWatchedInstrument(): string {
  const watched = useStore(addressStore, (address) => address.instrument);
  const known = useQuery(regimesQuery).data?.map((each) => each.instrument);
  return known === undefined || known.includes(watched) ? watched : (known[0] ?? "");
}

interface WholeProps {
  instrument: string;
  families: readonly FactorFamily[];
  active: readonly string[];
  unknown: readonly string[];
}

function Whole({ instrument, families, active, unknown }: WholeProps) {
  const { t } = useText();
  const narrow = useNarrow();
  const { asked } = useAsked();
  const { asked: query, latest, tracks } = useFeatures(instrument);
  const staleSince = useStaleSince(query, FEATURES_EVERY_MS);
  const rows = useMemo((): FactorRow[] => {
    const why = new Map(query.data?.missing.map((each) => [each.id, each.why]));
    const toTs = latest?.exch_ts ?? 0;
    return active.map((id) => {
      const value = latest?.values[id] ?? null;
      const standing = value === null ? (why.get(id) ?? "missing") : "known";
      return factorRow(id, families, { value, standing, points: tracks.tracks[id] ?? [], toTs });
    });
  }, [active, families, latest, query.data, tracks]);
  const chosen = rows.find((row) => row.id === asked.what) ?? rows[0];
  return (
    <div className="factors-grid" data-chosen={asked.what !== undefined || undefined}>
      <Panel className="factors-list" title={t("page.factors")} aside={<Regime instrument={instrument} />}>
        <Choice instrument={instrument} />
        <Quality answer={query.data} staleSince={staleSince} />
        {unknown.length > 0 ? (
          <p className="stale-note">{t("factors.no_family", { ids: unknown.join(", ") })}</p>
        ) : null}
        <LoadedHere query={query} rows={14} what={t("page.factors")}>
          {() =>
            rows.length === 0 ? (
              <Empty>{t("factors.none")}</Empty>
            ) : (
              <FactorTable
                rows={rows}
                narrow={narrow}
                openId={chosen?.id}
                isStale={staleSince !== undefined || latest?.stale === true}
              />
            )
          }
        </LoadedHere>
      </Panel>
      <div className="factors-side">
        {chosen ? <FactorDetail key={chosen.id} row={chosen} instrument={instrument} /> : null}
        <RecomputePanel instrument={instrument} />
      </div>
    </div>
  );
}

function Regime({ instrument }: { instrument: string }) {
  const { t } = useText();
  const regime = useQuery(regimesQuery).data?.find((each) => each.instrument === instrument)?.regime ?? "NONE";
  return (
    <span className="regime" data-regime={regime} title={t("factors.regime.hint")}>
      {t("factors.regime")} <strong>{t(`regime.${regime}`)}</strong>
    </span>
  );
}

function Choice({ instrument }: { instrument: string }) {
  const { t } = useText();
  const known = useQuery(regimesQuery).data?.map((each) => each.instrument) ?? [];
  return (
    <search className="filters">
      <Select
        label={t("column.instrument")}
        value={instrument}
        choices={(known.length > 0 ? known : [instrument]).map((each) => [each, each] as const)}
        onChoose={(next) => go({ instrument: next })}
      />
    </search>
  );
}

interface QualityProps {
  answer: FeaturesAnswer | undefined;
  staleSince: number | undefined;
}

/** What is wrong with all of them at once: nothing new came, or the market itself is not whole. */
function Quality({ answer, staleSince }: QualityProps) {
  const { t, locale } = useText();
  if (!answer || (staleSince === undefined && !answer.stale)) return null;
  const why = answer.quality.map((flag) => codeText(t, "quality", flag)).join(", ");
  return (
    <p className="stale-note" role="status">
      {staleSince === undefined
        ? t("factors.stale", { why })
        : t("page.stale", { time: clockText(staleSince, locale) })}
    </p>
  );
}
