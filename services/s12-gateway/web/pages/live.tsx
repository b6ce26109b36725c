/** The live page: one instrument's market in the centre, and everything the system does about it around. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { Instrument } from "../../../../shared/domain/instrument.ts";
import { instrumentsQuery, meQuery, tradesQuery } from "../api/queries.ts";
import type { Me } from "../api/shapes.ts";
import { ChartView } from "../charts/chart-view.tsx";
import { useText } from "../i18n/translate.ts";
import { ConnectionBanner } from "../parts/banner.tsx";
import { BooksPanel } from "../parts/books.tsx";
import { DecisionsPanel } from "../parts/decisions.tsx";
import { Glance } from "../parts/glance.tsx";
import { AlertsPanel, ServicesPanel } from "../parts/health.tsx";
import { InstrumentBar } from "../parts/instrument-bar.tsx";
import { KillDialog } from "../parts/kill-dialog.tsx";
import { LadderPanel } from "../parts/ladder.tsx";
import { PageMenu } from "../parts/page-menu.tsx";
import { Palette } from "../parts/palette.tsx";
import { PositionsPanel } from "../parts/positions.tsx";
import { SidePanel } from "../parts/side-panel.tsx";
import { TroubleBanners } from "../parts/trouble-banners.tsx";
import { useTick } from "../parts/use-tick.ts";
import { addressStore, go } from "../state/address.ts";
import { freshnessOf } from "../state/freshness.ts";
import { useKill } from "../state/kill.ts";
import { isOpenTrade } from "../state/lists.ts";
import { type Live, LiveContext, startLive, useLive } from "../state/live.ts";
import { emptyMarket, withTimeframe } from "../state/market.ts";
import { useStore } from "../state/store.ts";

export function LivePage({ me }: { me: Me }) {
  const client = useQueryClient();
  const [live, setLive] = useState<Live>();
  useEffect(() => {
    const started = startLive(client, () => void client.invalidateQueries({ queryKey: meQuery.queryKey }));
    setLive(started);
    return () => started.connection.close();
  }, [client]);
  return <LiveContext.Provider value={live}>{live ? <Page me={me} live={live} /> : null}</LiveContext.Provider>;
}

const NONE: readonly Instrument[] = [];

function Page({ me, live }: { me: Me; live: Live }) {
  const { t } = useText();
  const address = useStore(addressStore, (shown) => shown);
  const instruments = useQuery(instrumentsQuery).data ?? NONE;
  const instrument = instruments.find((each) => each.instrument === address.instrument);
  useWatched(live, instruments);
  const trades = useQuery(tradesQuery).data;
  const trade = useMemo(
    () => trades?.find((each) => each.instrument === address.instrument && isOpenTrade(each)),
    [trades, address.instrument],
  );
  const kill = useKill();
  const [killing, setKilling] = useState(false);
  const [commanding, setCommanding] = useState(false);
  useShortcuts({ k: () => setKilling(true), palette: () => setCommanding(true) });
  const menu = <PageMenu me={me} onPalette={() => setCommanding(true)} />;
  return (
    <>
      <Glance kill={kill} onKillDialog={() => setKilling(true)} menu={menu} />
      <ConnectionBanner />
      <TroubleBanners />
      <InstrumentBar instruments={instruments} />
      <main className="live" data-freshness={useFreshness()} aria-label={t("page.live")}>
        <ChartView instrument={instrument} trade={trade} />
        <LadderPanel instrument={instrument} />
        <BooksPanel />
        <div className="side-column">
          <PositionsPanel watched={address.instrument} />
          <DecisionsPanel />
          <ServicesPanel />
          <AlertsPanel />
        </div>
      </main>
      <SidePanel />
      <KillDialog open={killing} onOpenChange={setKilling} kill={kill} />
      <Palette
        open={commanding}
        onOpenChange={setCommanding}
        instruments={instruments}
        onKill={() => setKilling(true)}
      />
    </>
  );
}

/** The live connection and market state follow the address; without an instrument in it, the first one is taken. */
function useWatched(live: Live, instruments: readonly Instrument[]): void {
  const { instrument, timeframe } = useStore(addressStore, (shown) => shown);
  const first = instruments.find((each) => each.instrument === "FUT:BTCUSDT") ?? instruments[0];
  useEffect(() => {
    if (instrument === "" && first) go({ instrument: first.instrument });
  }, [instrument, first]);
  useEffect(() => {
    if (instrument === "") return;
    const shown = live.market.get();
    live.market.set(
      shown.instrument === instrument
        ? withTimeframe(shown, timeframe)
        : emptyMarket(instrument, timeframe, shown.tickers),
    );
    live.connection.watch(instrument);
  }, [live, instrument, timeframe]);
}

/** How far what the market panels show can be trusted; they grey out when stale. */
function useFreshness(): string {
  const live = useLive();
  const tick = useTick(1_000);
  const dataTs = useStore(live.market, (market) => market.dataTs);
  const { phase, skewMs } = useStore(live.feed, (state) => state);
  if (dataTs === 0) return "none";
  return phase === "open" ? freshnessOf(tick + skewMs - dataTs) : "stale";
}

function useShortcuts({ k, palette }: { k: () => void; palette: () => void }): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = (event.target as Element | null)?.closest?.("input, textarea, select, [contenteditable]");
      if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        palette();
      } else if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        if (event.key === "k") k();
        if (event.key === "/") {
          event.preventDefault();
          palette();
        }
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}
