/** The market page: one instrument's market in the centre, and everything the system does about it around. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Instrument } from "../../../../shared/domain/instrument.ts";
import { instrumentsQuery, tradesQuery } from "../api/queries.ts";
import { ChartView } from "../charts/chart-view.tsx";
import { useText } from "../i18n/translate.ts";
import { BooksPanel } from "../parts/books.tsx";
import { DecisionsPanel } from "../parts/decisions.tsx";
import { AlertsPanel, ServicesPanel } from "../parts/health.tsx";
import { InstrumentBar } from "../parts/instrument-bar.tsx";
import { LadderPanel } from "../parts/ladder.tsx";
import { MarketPictures } from "../parts/market-pictures.tsx";
import { PositionsPanel } from "../parts/positions.tsx";
import { useFreshness } from "../parts/use-stale.ts";
import { addressStore } from "../state/address.ts";
import { isOpenTrade } from "../state/lists.ts";
import { useStore } from "../state/store.ts";

const NONE: readonly Instrument[] = [];

export function MarketPage() {
  const { t } = useText();
  const watched = useStore(addressStore, (address) => address.instrument);
  const instruments = useQuery(instrumentsQuery).data ?? NONE;
  const instrument = instruments.find((each) => each.instrument === watched);
  const trades = useQuery(tradesQuery).data;
  const trade = useMemo(
    () => trades?.find((each) => each.instrument === watched && isOpenTrade(each)),
    [trades, watched],
  );
  return (
    <>
      <InstrumentBar instruments={instruments} />
      <main className="live" data-freshness={useFreshness()} aria-label={t("page.market")}>
        <ChartView instrument={instrument} trade={trade} />
        <MarketPictures instrument={instrument} />
        <LadderPanel instrument={instrument} />
        <BooksPanel />
        <div className="side-column">
          <PositionsPanel watched={watched} />
          <DecisionsPanel />
          <ServicesPanel />
          <AlertsPanel />
        </div>
      </main>
    </>
  );
}
