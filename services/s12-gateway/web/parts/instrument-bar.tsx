/** Which instrument is shown, its price now, and the way to another one. */
import { useQuery } from "@tanstack/react-query";
import type { Instrument } from "../../../../shared/domain/instrument.ts";
import { showFixed } from "../../../../shared/domain/money.ts";
import { tradesQuery } from "../api/queries.ts";
import { ARROW, digitsOf, grouped } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";
import { addressStore, go, hrefOf } from "../state/address.ts";
import { isOpenTrade } from "../state/lists.ts";
import { useLive } from "../state/live.ts";
import { midOf } from "../state/pnl.ts";
import { useStore } from "../state/store.ts";
import { Figure } from "./figures.tsx";
import { InstrumentName } from "./links.tsx";

export function InstrumentBar({ instruments }: { instruments: readonly Instrument[] }) {
  const { t } = useText();
  const watched = useStore(addressStore, (address) => address.instrument);
  const open = useQuery(tradesQuery).data?.filter(isOpenTrade) ?? [];
  const holdingOf = (instrument: string) => open.find((trade) => trade.instrument === instrument)?.side;
  return (
    <nav className="instrument-bar" aria-label={t("instruments.title")}>
      {instruments.map((each) => (
        <a
          key={each.instrument}
          href={hrefOf({ instrument: each.instrument })}
          aria-current={each.instrument === watched ? "page" : undefined}
          data-halted={each.status === "HALTED" || undefined}
          title={each.status === "HALTED" ? t("instruments.halted") : undefined}
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey) return;
            event.preventDefault();
            go({ instrument: each.instrument });
          }}
        >
          <InstrumentName instrument={each.instrument} />
          <Holding side={holdingOf(each.instrument)} />
          <PriceNow instrument={each.instrument} digits={digitsOf(each.tick_size, 2)} />
        </a>
      ))}
    </nav>
  );
}

/** That we hold something there, and which way. */
function Holding({ side }: { side: "BUY" | "SELL" | undefined }) {
  const { t } = useText();
  if (!side) return null;
  const way = side === "BUY" ? "up" : "down";
  return (
    <span className="arrow" data-tone={way} title={t(side === "BUY" ? "position.long" : "position.short")}>
      {ARROW[way]}
    </span>
  );
}

function PriceNow({ instrument, digits }: { instrument: string; digits: number }) {
  const ticker = useStore(useLive().market, (market) => market.tickers[instrument]);
  return <Figure>{ticker ? grouped(showFixed(midOf(ticker.bid, ticker.ask), digits)) : "–"}</Figure>;
}
