/** The report of a closed trade on its page: shown in a frame that may do nothing, made where there is none yet. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { chimera } from "../api/chimera.ts";
import { autopsyQuery } from "../api/report-queries.ts";
import { useText } from "../i18n/translate.ts";
import { mayResearch, useMe } from "../state/me.ts";
import { Empty, Loaded, Panel } from "./states.tsx";

export function TradeReport({ trade }: { trade: Trade }) {
  return trade.status === "CLOSED" ? <Report trade_id={trade.trade_id} /> : null;
}

function Report({ trade_id }: { trade_id: string }) {
  const { t } = useText();
  const query = useQuery(autopsyQuery(trade_id));
  const report = query.data;
  const at = `/api/v1/autopsy/${encodeURIComponent(trade_id)}/report`;
  const isThere = report?.report_id !== undefined;
  const aside = (
    <span className="report-acts">
      {isThere ? (
        <a className="button" href={at} target="_blank" rel="noreferrer">
          {t("report.open")}
        </a>
      ) : null}
      <BuildButton trade_id={trade_id} isThere={isThere} />
    </span>
  );
  return (
    <Panel id="report" className="trade-report" title={t("report.title")} aside={aside}>
      <Loaded query={query} rows={6}>
        {(found) =>
          found?.report_id !== undefined ? (
            <iframe key={found.hash} title={t("report.title")} src={at} sandbox="" loading="lazy" />
          ) : (
            <Empty>{found && found.missing.length > 0 ? found.summary : t("report.none")}</Empty>
          )
        }
      </Loaded>
    </Panel>
  );
}

function BuildButton({ trade_id, isThere }: { trade_id: string; isThere: boolean }) {
  const { t } = useText();
  const me = useMe();
  const client = useQueryClient();
  const making = useMutation({
    mutationFn: () => chimera.makeAutopsy({ trade_id, force_rebuild: isThere }),
    onSettled: () => client.invalidateQueries({ queryKey: autopsyQuery(trade_id).queryKey }),
  });
  if (!mayResearch(me)) return null;
  const name = making.isPending ? t("report.building") : isThere ? t("report.rebuild") : t("report.build");
  return (
    <>
      {making.error ? (
        <span className="form-error" role="alert">
          {t.say(making.error.message)}
        </span>
      ) : null}
      <button type="button" className="button" disabled={making.isPending} onClick={() => making.mutate()}>
        {name}
      </button>
    </>
  );
}
