/** What stands around every page: the live connection, the glance line, navigation, banners, panel and dialogs. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ComponentType, useEffect, useState } from "react";
import type { Instrument } from "../../../../shared/domain/instrument.ts";
import { instrumentsQuery, meQuery } from "../api/queries.ts";
import type { Me } from "../api/shapes.ts";
import { useText } from "../i18n/translate.ts";
import { type Act, ActDialog } from "../parts/act-dialog.tsx";
import { ConnectionBanner } from "../parts/banner.tsx";
import { Glance } from "../parts/glance.tsx";
import { KeysDialog } from "../parts/keys-dialog.tsx";
import { KillDialog } from "../parts/kill-dialog.tsx";
import { Navigation } from "../parts/navigation.tsx";
import { PageMenu } from "../parts/page-menu.tsx";
import { Palette } from "../parts/palette.tsx";
import { ProofDialog } from "../parts/proof-dialog.tsx";
import { useShortcuts } from "../parts/shortcuts.ts";
import { SidePanel } from "../parts/side-panel.tsx";
import { TroubleBanners } from "../parts/trouble-banners.tsx";
import { addressStore, go } from "../state/address.ts";
import { useKill } from "../state/kill.ts";
import { type Live, LiveContext, startLive } from "../state/live.ts";
import { emptyMarket, withTimeframe } from "../state/market.ts";
import { MeContext } from "../state/me.ts";
import type { PageId } from "../state/pages.ts";
import { useStore } from "../state/store.ts";
import { ApprovalsPage } from "./approvals.tsx";
import { AuditPage } from "./audit.tsx";
import { ConfigPage } from "./config.tsx";
import { DecisionsPage } from "./decisions.tsx";
import { FactorsPage } from "./factors.tsx";
import { HealthPage } from "./health.tsx";
import { LabelsPage } from "./labels.tsx";
import { MarketPage } from "./market.tsx";
import { OrdersPage } from "./orders.tsx";
import { OverviewPage } from "./overview.tsx";
import { PositionsPage } from "./positions.tsx";
import { ReconciliationPage } from "./reconciliation.tsx";
import { ResearchPage } from "./research.tsx";
import { SearchPage } from "./search.tsx";
import { SettingsPage } from "./settings.tsx";
import { TradesPage } from "./trades.tsx";
import { TreasuryPage } from "./treasury.tsx";

const PAGE_PARTS: Record<PageId, ComponentType> = {
  overview: OverviewPage,
  market: MarketPage,
  orders: OrdersPage,
  positions: PositionsPage,
  trades: TradesPage,
  treasury: TreasuryPage,
  reconciliation: ReconciliationPage,
  health: HealthPage,
  audit: AuditPage,
  decisions: DecisionsPage,
  factors: FactorsPage,
  labels: LabelsPage,
  research: ResearchPage,
  config: ConfigPage,
  approvals: ApprovalsPage,
  search: SearchPage,
  settings: SettingsPage,
};

export function Frame({ me }: { me: Me }) {
  const client = useQueryClient();
  const [live, setLive] = useState<Live>();
  useEffect(() => {
    const started = startLive(client, () => void client.invalidateQueries({ queryKey: meQuery.queryKey }));
    setLive(started);
    return () => started.connection.close();
  }, [client]);
  if (!live) return null;
  return (
    <LiveContext.Provider value={live}>
      <MeContext.Provider value={me}>
        <Framed me={me} live={live} />
      </MeContext.Provider>
    </LiveContext.Provider>
  );
}

const NONE: readonly Instrument[] = [];

function Framed({ me, live }: { me: Me; live: Live }) {
  const { t } = useText();
  const page = useStore(addressStore, (address) => address.page);
  const instruments = useQuery(instrumentsQuery).data ?? NONE;
  useWatched(live, instruments);
  const kill = useKill();
  const [killing, setKilling] = useState(false);
  const [commanding, setCommanding] = useState(false);
  const [listing, setListing] = useState(false);
  const [act, setAct] = useState<Act>();
  const onKill = () => setKilling(true);
  const onPalette = () => setCommanding(true);
  const onKeys = () => setListing(true);
  useShortcuts({ onKill, onPalette, onKeys });
  const title = t(`page.${page}`);
  useEffect(() => {
    document.title = `${title} · Chimera`;
  }, [title]);
  const Page = PAGE_PARTS[page];
  return (
    <>
      <Glance title={title} kill={kill} onKillDialog={onKill} menu={<PageMenu me={me} onPalette={onPalette} />} />
      <div className="framed">
        <Navigation />
        <div className="framed-page">
          <ConnectionBanner />
          <TroubleBanners />
          <Page key={page} />
        </div>
      </div>
      <SidePanel />
      <KillDialog open={killing} onOpenChange={setKilling} kill={kill} />
      <Palette
        open={commanding}
        onOpenChange={setCommanding}
        instruments={instruments}
        onKill={onKill}
        onKeys={onKeys}
        onAct={setAct}
      />
      <KeysDialog open={listing} onOpenChange={setListing} />
      <ActDialog act={act} onClose={() => setAct(undefined)} />
      <ProofDialog />
    </>
  );
}

/** The live connection and market state follow the address; without an instrument in it, the first one is taken. */
function useWatched(live: Live, instruments: readonly Instrument[]): void {
  const { instrument, timeframe } = useStore(addressStore, (shown) => shown);
  const first = instruments.find((each) => each.instrument === "FUT:BTCUSDT") ?? instruments[0];
  useEffect(() => {
    if (instrument === "" && first) go({ instrument: first.instrument }, "settle");
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
