/** The positions page: open trades with every figure, and of the chosen one the chart with its stop ladder. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ApiProblem } from "../../../../shared/client/problem.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { PAGE_EVERY_MS, positionsQuery, tradeQuery } from "../api/page-queries.ts";
import { tradesQuery } from "../api/queries.ts";
import { clockText } from "../format/times.ts";
import { useText } from "../i18n/translate.ts";
import { type Act, ActDialog } from "../parts/act-dialog.tsx";
import { OpenTrades } from "../parts/open-trades.tsx";
import { Empty, Loaded, Panel } from "../parts/states.tsx";
import { TradeView } from "../parts/trade-view.tsx";
import { useStaleSince } from "../parts/use-stale.ts";
import { addressStore, go } from "../state/address.ts";
import { isOpenTrade } from "../state/lists.ts";
import { mayAct, useMe } from "../state/me.ts";
import { useStore } from "../state/store.ts";
import { flattenAct } from "../stories/acts.ts";

export function PositionsPage() {
  const { t, locale } = useText();
  const query = useQuery(tradesQuery);
  const staleSince = useStaleSince(useQuery(positionsQuery), PAGE_EVERY_MS.positions);
  const open = (query.data?.filter(isOpenTrade) ?? []).toSorted((a, b) => b.opened_at - a.opened_at);
  const { trade, gone } = useChosen(query.data, open);
  return (
    <main className="page positions-page" aria-label={t("page.positions")}>
      <Panel
        className="page-panel open-trades"
        title={t("positions.open", { count: open.length })}
        aside={
          <span className="panel-acts">
            {staleSince === undefined ? null : (
              <span className="stale-note">{t("page.stale", { time: clockText(staleSince, locale) })}</span>
            )}
            <Flatten count={open.length} />
          </span>
        }
      >
        <Loaded query={query} rows={4}>
          {() =>
            open.length === 0 ? (
              <Empty>{t("positions.empty")}</Empty>
            ) : (
              <OpenTrades trades={open} openId={trade?.trade_id ?? ""} />
            )
          }
        </Loaded>
      </Panel>
      {trade ? <TradeView key={trade.trade_id} trade={trade} /> : null}
      {gone ? <Empty>{t("story.gone")}</Empty> : null}
    </main>
  );
}

/** The trade of the address, an older one asked for by itself; without one, the trade on the watched instrument. */
function useChosen(trades: readonly Trade[] | undefined, open: readonly Trade[]) {
  const { id, instrument } = useStore(addressStore, (address) => address);
  const known = trades?.find((trade) => trade.trade_id === id);
  const older = useQuery({ ...tradeQuery(id), enabled: id !== "" && trades !== undefined && !known, retry: false });
  const trade = id === "" ? (open.find((each) => each.instrument === instrument) ?? open[0]) : (known ?? older.data);
  // The chart shows the watched instrument's market: that of the trade.
  const wanted = trade?.instrument;
  useEffect(() => {
    if (wanted !== undefined && wanted !== instrument) go({ instrument: wanted }, "settle");
  }, [wanted, instrument]);
  return { trade, gone: older.error instanceof ApiProblem && older.error.status === 404 };
}

function Flatten({ count }: { count: number }) {
  const { t } = useText();
  const me = useMe();
  const [act, setAct] = useState<Act>();
  return (
    <>
      <button
        type="button"
        className="button danger"
        disabled={count === 0 || !mayAct(me)}
        title={mayAct(me) ? undefined : t("act.forbidden", { role: me?.role ?? "–" })}
        onClick={() => setAct(flattenAct(t, count))}
      >
        {t("flatten.button")}
      </button>
      <ActDialog act={act} onClose={() => setAct(undefined)} />
    </>
  );
}
