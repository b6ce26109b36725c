/** A trade's ladder in figures: the rungs its stop may climb, the parts it will take, and how the stop came where it is. */
import { useQuery } from "@tanstack/react-query";
import { show } from "../../../../shared/domain/money.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { positionsQuery } from "../api/page-queries.ts";
import { percentText } from "../format/numbers.ts";
import { codeText, useText } from "../i18n/translate.ts";
import type { Rung } from "../state/stop-rungs.ts";
import { Figure, Pair, When } from "./figures.tsx";
import { Price, Quantity } from "./precision.tsx";
import { Empty, Panel } from "./states.tsx";

export function LadderSteps({ trade, rungs }: { trade: Trade; rungs: readonly Rung[] }) {
  const { t } = useText();
  const said = useQuery(positionsQuery).data?.find((each) => each.trade.trade_id === trade.trade_id)?.exchange;
  return (
    <Panel id="ladder" className="ladder-panel" title={t("ladder.title")}>
      <dl className="pairs ladder-now">
        <Pair label={t("position.entry")}>
          <Price instrument={trade.instrument} value={trade.avg_entry} />
        </Pair>
        <Pair label={t("position.stop")}>
          <Price instrument={trade.instrument} value={trade.stop_price} />
        </Pair>
        <Pair label={t("position.target")}>
          <Price instrument={trade.instrument} value={trade.take_profit_price} />
        </Pair>
        <Pair label={t("level.liquidation")}>
          <Price instrument={trade.instrument} value={said?.liquidation_price} />
        </Pair>
      </dl>
      {rungs.length === 0 ? <Empty>{t("ladder.empty")}</Empty> : <Rungs trade={trade} rungs={rungs} />}
      <h3>{t("position.stops")}</h3>
      <ol className="stop-ladder" aria-label={t("position.stops")}>
        {trade.stops.toReversed().map((move) => (
          <li key={`${move.ts}/${move.stop_price}`}>
            <When ts={move.ts} />
            <Price instrument={trade.instrument} value={move.stop_price} />
            <span className="muted">{codeText(t, "stop", move.reason)}</span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

const MARKS = { done: "✓", next: "▸", later: "" } as const;

function Rungs({ trade, rungs }: { trade: Trade; rungs: readonly Rung[] }) {
  const { t } = useText();
  return (
    <table className="small-table rungs">
      <caption className="unseen">{t("ladder.title")}</caption>
      <thead>
        <tr>
          <th>
            <span className="unseen">{t("column.status")}</span>
          </th>
          <th>{t("ladder.rung")}</th>
          <th className="right">{t("ladder.at_roe")}</th>
          <th className="right">{t("ladder.at_price")}</th>
          <th className="right">{t("ladder.then")}</th>
        </tr>
      </thead>
      <tbody>
        {rungs.map((rung) => (
          <tr key={`${rung.kind}${rung.atRoe}`} data-state={rung.state}>
            <td title={t(`ladder.${rung.state}`)}>{MARKS[rung.state]}</td>
            <th scope="row">
              {rung.kind === "stage" ? t("ladder.stage", { number: rung.number }) : t(`ladder.${rung.kind}`)}
            </th>
            <td className="right">
              <Figure>{percentText(rung.atRoe, 1)}</Figure>
            </td>
            <td className="right">
              <Price instrument={trade.instrument} value={show(rung.atPrice)} />
            </td>
            <td className="right">
              {rung.kind === "stage" ? (
                <span title={percentText(rung.share, 0)}>
                  {t("ladder.takes")} <Quantity instrument={trade.instrument} value={show(rung.qty)} />
                </span>
              ) : (
                <>
                  {t("level.stop")} <Price instrument={trade.instrument} value={show(rung.stop)} />
                </>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
