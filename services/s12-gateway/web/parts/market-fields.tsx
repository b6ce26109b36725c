/** Fields of filters for what is traded: an instrument of the exchange, and a strategy. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { activeQuery, instrumentsQuery } from "../api/queries.ts";
import { useText } from "../i18n/translate.ts";
import { useAsked } from "./asked-fields.tsx";
import { Select } from "./select.tsx";

export function InstrumentField({ value, onChoose }: { value: string; onChoose: (instrument: string) => void }) {
  const { t } = useText();
  const instruments = useQuery(instrumentsQuery).data ?? [];
  const choices = instruments.map(({ instrument }) => [instrument, instrument] as const);
  return (
    <Select
      label={t("column.instrument")}
      value={value}
      choices={[["", t("filter.all")], ...choices]}
      onChoose={onChoose}
    />
  );
}

/** What the address asks for: of the active bundle's strategies, and of those that are seen in `rows`. */
export function MarketFields({ rows }: { rows: readonly { strategy_id: string }[] }) {
  const { t } = useText();
  const { asked, ask } = useAsked();
  const bundle = useQuery(activeQuery).data?.bundle;
  const strategies = useMemo(() => {
    const all = [...(bundle?.strategies ?? []), ...rows].map(({ strategy_id }) => strategy_id);
    return [...new Set(all)].sort();
  }, [bundle, rows]);
  return (
    <>
      <InstrumentField value={asked.on ?? ""} onChoose={(on) => ask({ on })} />
      <Select
        label={t("column.strategy")}
        value={asked.strategy ?? ""}
        choices={[["", t("filter.all")], ...strategies.map((each) => [each, each] as const)]}
        onChoose={(strategy) => ask({ strategy })}
      />
    </>
  );
}
