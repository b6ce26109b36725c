/** The overview: up or down, at what risk, how healthy, what is open, what waits for a person, what just happened. */
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import { dec, div, toNumber, zero } from "../../../../shared/domain/money.ts";
import { now } from "../api/now.ts";
import { approvalsQuery } from "../api/page-queries.ts";
import {
  alertsQuery,
  budgetQuery,
  EVERY_MS,
  equityQuery,
  healthQuery,
  killQuery,
  ordersQuery,
  tradesQuery,
} from "../api/queries.ts";
import { percentText } from "../format/numbers.ts";
import { clockText } from "../format/times.ts";
import { codeText, useText } from "../i18n/translate.ts";
import { Age, Figure, Money, When } from "../parts/figures.tsx";
import { InstrumentName, PlaceLink, SubjectLink, TradePageLink } from "../parts/links.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { PositionsPanel } from "../parts/positions.tsx";
import { Curve } from "../parts/results.tsx";
import { Empty, Loaded, Panel } from "../parts/states.tsx";
import { useStaleSince } from "../parts/use-stale.ts";
import { isWaiting } from "../state/approvals.ts";
import { closedToday, type Happening, happeningsOf } from "../state/happenings.ts";
import { isOpenTrade } from "../state/lists.ts";
import type { PageId } from "../state/pages.ts";
import { totalOf } from "../state/pnl.ts";
import { resultCurve, totalsOf } from "../state/trade-totals.ts";
import { subjectWords } from "../stories/approval-words.ts";

export function OverviewPage() {
  const { t } = useText();
  return (
    <main className="page overview-page" aria-label={t("page.overview")}>
      <Tiles />
      <div className="overview-grid">
        <div className="overview-left">
          <TodayPanel />
          <HappeningsPanel />
        </div>
        <div className="overview-right">
          <WaitingPanel />
          <PositionsPanel watched="" />
        </div>
      </div>
    </main>
  );
}

interface TileProps {
  label: string;
  staleSince?: number | undefined;
  /** What stands below the figure. */
  note?: ReactNode;
  children: ReactNode;
}
function Tile({ label, staleSince, note, children }: TileProps) {
  const { t, locale } = useText();
  return (
    <div className="tile" data-stale={staleSince !== undefined || undefined}>
      <dt>{staleSince === undefined ? label : t("glance.stale", { label, time: clockText(staleSince, locale) })}</dt>
      <dd>{children}</dd>
      <dd className="tile-note">{note}</dd>
    </div>
  );
}

function Tiles() {
  return (
    <dl className="tiles">
      <EquityTiles />
      <RiskTile />
      <HealthTile />
    </dl>
  );
}

function EquityTiles() {
  const { t } = useText();
  const query = useQuery(equityQuery);
  const trades = useQuery(tradesQuery).data;
  const staleSince = useStaleSince(query, EVERY_MS.equity);
  const equity = query.data;
  const today = useMemo(() => totalsOf(closedToday(trades ?? [], now())), [trades]);
  const open = trades?.filter(isOpenTrade).length ?? 0;
  return (
    <>
      <Tile
        label={t("glance.equity")}
        staleSince={staleSince}
        note={t("overview.drawdown", { drawdown: percentText(equity?.drawdown) })}
      >
        <Money value={equity?.equity_usdt} unit="USDT" flash />
      </Tile>
      <Tile
        label={t("glance.pnl_today")}
        staleSince={staleSince}
        note={t("overview.today", { count: today.closed, won: today.won })}
      >
        <Money value={equity?.pnl_today_usdt} gain flash />
      </Tile>
      <Tile label={t("overview.open")} staleSince={staleSince} note={t("overview.positions", { count: open })}>
        <Money value={equity?.open_pnl_usdt} gain flash />
      </Tile>
    </>
  );
}

function RiskTile() {
  const { t } = useText();
  const query = useQuery(budgetQuery);
  const budget = query.data;
  const taken = budget ? totalOf([budget.used_usdt, budget.reserved_usdt]) : zero;
  const limit = budget ? dec(budget.budget_usdt) : zero;
  const share = limit > zero ? toNumber(div(taken, limit, "nearest")) : 0;
  return (
    <Tile
      label={t("glance.risk")}
      staleSince={useStaleSince(query, EVERY_MS.budget)}
      note={<meter className="gauge" min={0} max={1} high={0.8} value={share} aria-label={t("glance.risk")} />}
    >
      {budget ? <Money value={taken} /> : <Figure>–</Figure>}
      <span className="muted"> / </span>
      {budget ? <Money value={limit} digits={0} unit="USDT" /> : <Figure>–</Figure>}
    </Tile>
  );
}

function HealthTile() {
  const { t } = useText();
  const query = useQuery(healthQuery);
  const kill = useQuery(killQuery).data;
  const level = query.data?.level;
  const reasons = query.data?.reasons ?? [];
  return (
    <Tile
      label={t("glance.health")}
      staleSince={useStaleSince(query, EVERY_MS.health)}
      note={
        <PlaceLink to={{ page: "health", id: "" }}>
          {kill?.enabled ? t("overview.killed", { reason: kill.reason }) : t.say(reasons[0] ?? t("health.all_well"))}
        </PlaceLink>
      }
    >
      <span className="light" data-level={level ?? "none"} aria-hidden="true" />{" "}
      <span data-killed={kill?.enabled || undefined}>
        {kill?.enabled ? t("glance.killed") : level ? t(`health.${level}`) : "–"}
      </span>
    </Tile>
  );
}

const All = ({ page }: { page: PageId }) => {
  const { t } = useText();
  return (
    <PlaceLink to={{ page, id: "" }}>
      {t("overview.all")} →<span className="unseen"> {t(`nav.${page}`)}</span>
    </PlaceLink>
  );
};

function TodayPanel() {
  const { t } = useText();
  const query = useQuery(tradesQuery);
  const points = useMemo(() => resultCurve(closedToday(query.data ?? [], now())), [query.data]);
  return (
    <Panel className="curve-panel" title={t("overview.curve")} aside={<All page="trades" />}>
      <Loaded query={query} rows={4}>
        {() => <Curve points={points} />}
      </Loaded>
    </Panel>
  );
}

const PENDING_SHOWN = 5;

function WaitingPanel() {
  const { t } = useText();
  const query = useQuery(approvalsQuery);
  const waiting = query.data?.filter(isWaiting) ?? [];
  return (
    <Panel
      className="waiting"
      title={t("overview.waiting")}
      aside={waiting.length > 0 ? <All page="approvals" /> : null}
    >
      <LoadedHere query={query} rows={1} what={t("overview.waiting")}>
        {() =>
          waiting.length === 0 ? (
            <Empty>{t("overview.none_waiting")}</Empty>
          ) : (
            <ol className="rows">
              {waiting.slice(0, PENDING_SHOWN).map((approval) => (
                <li key={approval.approval_id} className="happening">
                  <Age ts={approval.created_at} />
                  <PlaceLink to={{ page: "approvals", id: approval.approval_id }}>
                    {subjectWords(t, approval)}
                  </PlaceLink>
                  <span className="muted">{approval.requested_by}</span>
                </li>
              ))}
            </ol>
          )
        }
      </LoadedHere>
    </Panel>
  );
}

const HAPPENINGS_SHOWN = 30;
function HappeningsPanel() {
  const { t } = useText();
  const trades = useQuery(tradesQuery);
  const orders = useQuery(ordersQuery).data;
  const alerts = useQuery(alertsQuery).data;
  const happenings = useMemo(
    () => happeningsOf({ trades: trades.data ?? [], orders: orders ?? [], alerts: alerts ?? [] }, HAPPENINGS_SHOWN),
    [trades.data, orders, alerts],
  );
  return (
    <Panel className="happenings" title={t("overview.happened")}>
      <Loaded query={trades} rows={8}>
        {() =>
          happenings.length === 0 ? (
            <Empty>{t("overview.nothing")}</Empty>
          ) : (
            <ol className="rows">
              {happenings.map((each) => (
                <li key={keyOf(each)} className="happening" data-kind={each.kind}>
                  <When ts={each.ts} />
                  <Told happening={each} />
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
    </Panel>
  );
}

function keyOf(happening: Happening): string {
  if (happening.kind === "alert") return `alert ${happening.alert.alert_id}`;
  if (happening.kind === "rejected") return `order ${happening.order.client_order_id}`;
  return `${happening.kind} ${happening.trade.trade_id}`;
}

function Told({ happening }: { happening: Happening }) {
  const { t } = useText();
  if (happening.kind === "alert") {
    const { alert } = happening;
    return (
      <SubjectLink kind="alert" id={alert.alert_id} className="told">
        <span className="severity" data-severity={alert.severity}>
          {t(`severity.${alert.severity}`)}
        </span>{" "}
        {t.say(alert.message)}
      </SubjectLink>
    );
  }
  if (happening.kind === "rejected") {
    const { order } = happening;
    return (
      <PlaceLink to={{ page: "orders", id: order.client_order_id }} className="told">
        <InstrumentName instrument={order.instrument} /> {t("status.REJECTED")}:{" "}
        {order.message ?? t(`kind.${order.kind}`)}
      </PlaceLink>
    );
  }
  const { trade, kind } = happening;
  const way = t(trade.side === "BUY" ? "position.long" : "position.short");
  return (
    <>
      <TradePageLink id={trade.trade_id}>
        <InstrumentName instrument={trade.instrument} />
      </TradePageLink>
      <span className="told">
        {kind === "opened"
          ? t("overview.opened", { way, strategy: trade.strategy_id })
          : t("overview.closed", { way, reason: codeText(t, "exit", trade.exit_reason ?? "–") })}
      </span>
      {kind === "closed" ? <Money value={trade.pnl_usdt} gain /> : null}
    </>
  );
}
