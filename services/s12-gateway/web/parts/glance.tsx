/** The one line of truth: is it trading, is it healthy, up or down, what is at risk, how old is what you see. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { dec, div, toNumber, zero } from "../../../../shared/domain/money.ts";
import {
  activeQuery,
  budgetQuery,
  EVERY_MS,
  equityQuery,
  healthQuery,
  killQuery,
  servicesQuery,
} from "../api/queries.ts";
import { percentText } from "../format/numbers.ts";
import { clockText } from "../format/times.ts";
import { useText } from "../i18n/translate.ts";
import { Mark } from "../pages/sign-in.tsx";
import { freshnessOf } from "../state/freshness.ts";
import type { KillMutation } from "../state/kill.ts";
import { useLive } from "../state/live.ts";
import { totalOf } from "../state/pnl.ts";
import { useStore } from "../state/store.ts";
import { Age, Figure, Money } from "./figures.tsx";
import { HoldButton } from "./hold-button.tsx";
import { PlaceLink } from "./links.tsx";
import { useStaleSince } from "./use-stale.ts";
import { useTick } from "./use-tick.ts";

interface GlanceProps {
  /** What the page is, for those who are read to. */
  title: string;
  kill: KillMutation;
  onKillDialog: () => void;
  menu: ReactNode;
}

export function Glance({ title, kill, onKillDialog, menu }: GlanceProps) {
  return (
    <header className="glance">
      <h1 className="unseen">{title}</h1>
      <PlaceLink className="brand" to={{ page: "overview", id: "" }}>
        <Mark />
        <span>Chimera</span>
      </PlaceLink>
      <ModeChip />
      <HealthLight />
      <EquityNow />
      <Exposure />
      <DataAge />
      <CanaryNow />
      <div className="glance-actions">
        <KillButton kill={kill} onKillDialog={onKillDialog} />
        {menu}
      </div>
    </header>
  );
}

interface ItemProps {
  label: string;
  className?: string;
  /** When the value was last known to hold, once that is too long ago: it greys out and says so. */
  staleSince?: number | undefined;
  children: ReactNode;
}

function Item({ label, className = "", staleSince, children }: ItemProps) {
  const { t, locale } = useText();
  return (
    <div className={`glance-item ${className}`} data-stale={staleSince !== undefined || undefined}>
      <span className="label">
        {staleSince === undefined ? label : t("glance.stale", { label, time: clockText(staleSince, locale) })}
      </span>
      <span className="value">{children}</span>
    </div>
  );
}

function ModeChip() {
  const { t } = useText();
  const hello = useStore(useLive().feed, (state) => state.hello);
  const services = useQuery(servicesQuery).data;
  const mode = (hello?.mode ?? services?.mode ?? "").toLowerCase();
  const venue = hello?.venue ?? services?.venue;
  if (mode === "") return <span className="mode" data-mode="unknown" />;
  return (
    <span
      className="mode"
      data-mode={mode}
      title={t("glance.mode.hint", { mode: mode.toUpperCase(), venue: venue ?? "–" })}
    >
      <strong>{mode.toUpperCase()}</strong>
      <span>{venue}</span>
    </span>
  );
}

function HealthLight() {
  const { t } = useText();
  const health = useQuery(healthQuery);
  const kill = useQuery(killQuery).data;
  const level = health.data?.level;
  const reasons = health.data?.reasons ?? [];
  const state = kill?.enabled ? t("glance.killed") : level ? t(`health.${level}`) : "–";
  return (
    <Item label={t("glance.health")} className="glance-health" staleSince={useStaleSince(health, EVERY_MS.health)}>
      <span className="light" data-level={level ?? "none"} aria-hidden="true" />
      <span title={reasons.map(t.say).join("\n") || undefined} data-killed={kill?.enabled || undefined}>
        {state}
      </span>
    </Item>
  );
}

function EquityNow() {
  const { t } = useText();
  const query = useQuery(equityQuery);
  const equity = query.data;
  const staleSince = useStaleSince(query, EVERY_MS.equity);
  return (
    <>
      <Item label={t("glance.equity")} staleSince={staleSince}>
        <Money value={equity?.equity_usdt} unit="USDT" flash />
      </Item>
      <Item label={t("glance.pnl_today")} className="glance-pnl" staleSince={staleSince}>
        <Money value={equity?.pnl_today_usdt} gain flash />
      </Item>
      <Item label={t("glance.drawdown")} className="wide-only" staleSince={staleSince}>
        <Figure>{percentText(equity?.drawdown)}</Figure>
      </Item>
    </>
  );
}

function Exposure() {
  const { t } = useText();
  const query = useQuery(budgetQuery);
  const budget = query.data;
  const taken = budget ? totalOf([budget.used_usdt, budget.reserved_usdt]) : zero;
  const limit = budget ? dec(budget.budget_usdt) : zero;
  const share = limit > 0n ? toNumber(div(taken, limit, "nearest")) : 0;
  return (
    <Item label={t("glance.risk")} className="glance-risk" staleSince={useStaleSince(query, EVERY_MS.budget)}>
      <span
        title={budget ? t("glance.risk.hint", { used: budget.used_usdt, reserved: budget.reserved_usdt }) : undefined}
      >
        {budget ? <Money value={taken} /> : <Figure>–</Figure>}
        <span className="muted"> / </span>
        {budget ? <Money value={limit} digits={0} unit="USDT" /> : <Figure>–</Figure>}
      </span>
      <meter className="gauge" min={0} max={1} high={0.8} value={share} aria-label={t("glance.risk")} />
    </Item>
  );
}

function DataAge() {
  const { t } = useText();
  const live = useLive();
  const tick = useTick(250);
  const dataTs = useStore(live.market, (market) => market.dataTs);
  const { skewMs, phase } = useStore(live.feed, (state) => state);
  const ageMs = dataTs > 0 ? tick + skewMs - dataTs : undefined;
  const freshness = phase === "open" ? freshnessOf(ageMs) : ageMs === undefined ? "none" : "stale";
  return (
    <Item label={t("glance.age")} className="glance-age">
      <span className="light" data-freshness={freshness} aria-hidden="true" />
      <Age ts={dataTs} skewMs={skewMs} everyMs={250} />
    </Item>
  );
}

/** That a revision is being tried on a share of the triggers; else nothing. */
function CanaryNow() {
  const { t } = useText();
  const canary = useQuery(activeQuery).data?.canary;
  if (!canary) return null;
  const { rev, traffic_pct: share, promotion_id } = canary;
  return (
    <PlaceLink
      className="glance-item glance-canary"
      to={{ page: "config", id: `promotion:${promotion_id}`, asked: {} }}
      title={t("glance.canary.hint", { rev, share })}
    >
      <span className="label">{t("glance.canary")}</span>
      <span className="value">{t("glance.canary.value", { rev, share })}</span>
    </PlaceLink>
  );
}

function KillButton({ kill, onKillDialog }: Omit<GlanceProps, "menu" | "title">) {
  const { t } = useText();
  const isOn = useQuery(killQuery).data?.enabled ?? false;
  if (isOn) {
    return (
      <button type="button" className="button kill is-on" onClick={onKillDialog}>
        {t("kill.button.on")}
      </button>
    );
  }
  return (
    <HoldButton
      className="kill"
      title={t("kill.button.hint")}
      label={t("kill.button.hint")}
      onClick={onKillDialog}
      onFire={() => {
        kill.mutate({ enable: true, mode: "CANCEL", reason: t("kill.reason.default") });
        onKillDialog();
      }}
    >
      {kill.isPending ? t("kill.busy") : t("kill.button.off")}
    </HoldButton>
  );
}
