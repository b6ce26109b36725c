/** The story of one thing as sentences: first words, then numbers; raw JSON follows from the thing itself. */
import type { IntentRecord } from "../../../../shared/collections/orders.ts";
import type { Decision } from "../../../../shared/domain/decision.ts";
import type { Fill, Order } from "../../../../shared/domain/order.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import type { AlertRow, ServiceRow } from "../api/shapes.ts";
import { asGiven, averageText, numberText, usdtText } from "../format/numbers.ts";
import { shardsText } from "../format/shards.ts";
import { codeText, type Translate } from "../i18n/translate.ts";
import type { Subject } from "../state/address.ts";
import { firedRules, guardInWords, plainNumber, reasonInWords } from "./words.ts";

export interface Story {
  title: string;
  /** Whose market it is about, if one. */
  instrument?: string;
  ts: number;
  sentences: string[];
  numbers: [label: string, value: string][];
  links: Subject[];
  raw: unknown;
}

const bps = (value: number | undefined): string => `${numberText(value, 2)} bps`;

export function decisionStory(t: Translate, d: Decision): Story {
  const { action, side } = d.decision;
  const failed = d.guards.find((guard) => !guard.passed);
  const rules = firedRules(d);
  const sentences = [
    action === "open"
      ? t("story.decision.open", {
          strategy: d.strategy_id,
          side: t(side === "SELL" ? "position.short" : "position.long"),
        })
      : t("story.decision.skip", { strategy: d.strategy_id, reason: reasonInWords(t, d) }),
  ];
  if (failed) {
    sentences.push(
      t("story.decision.guard", { guard: codeText(t, "guard", failed.name), why: guardInWords(t, failed) }),
    );
  } else if (d.guards.length > 0) sentences.push(t("story.decision.guards", { count: d.guards.length }));
  if (rules.length > 0) sentences.push(t("story.decision.rules", { rules: rules.join(t("sentence.list")) }));
  if (d.sizing) {
    const { notional_usdt, worst_loss_usdt, margin_usdt, leverage } = d.sizing;
    const params = {
      notional: usdtText(notional_usdt),
      margin: usdtText(margin_usdt),
      leverage,
      loss: usdtText(worst_loss_usdt),
    };
    sentences.push(t("story.decision.sizing", params));
  }
  const health = healthSaid(t, d);
  if (health !== "") sentences.push(health);
  const arm = d.arm ? ` · ${t(`decision.arm.${d.arm.name}`)}` : "";
  const numbers: Story["numbers"] = [
    [t("number.rev"), `${d.config_rev}${arm}`],
    [
      t("number.multipliers"),
      [d.decision.size_mult, d.decision.tp_mult, d.decision.sl_mult].map(plainNumber).join(" / "),
    ],
  ];
  if (d.latency_us !== undefined && d.latency_us > 0)
    numbers.unshift([t("number.latency"), `${numberText(d.latency_us, 0)} µs`]);
  if (d.sizing) {
    numbers.push([t("position.qty"), asGiven(d.sizing.qty)], [t("position.entry"), asGiven(d.sizing.entry_price)]);
    numbers.push([t("position.stop"), asGiven(d.sizing.stop_price)]);
    numbers.push([t("position.target"), asGiven(d.sizing.take_profit_price)]);
  }
  return { title: t("story.decision"), instrument: d.instrument, ts: d.ts, sentences, numbers, links: [], raw: d };
}

/** Only where it did something. */
function healthSaid(t: Translate, { health }: Decision): string {
  if (!health || health.effects.length === 0) return "";
  const level = t(`health.${health.level}`);
  return t("decision.health", { level, code: health.level, effects: health.effects.map(t.say).join("; ") });
}

export function orderStory(t: Translate, o: Order): Story {
  const sentences = [
    t("story.order.what", {
      side: t(`side.${o.side}`),
      qty: asGiven(o.qty),
      instrument: o.instrument,
      type: codeText(t, "type", o.type),
      why: t(`kind.${o.kind}`),
    }),
    t(`story.order.${o.status}`, { filled: asGiven(o.filled_qty), price: averageText(o.avg_price) }),
  ];
  if (o.reduce_only) sentences.push(t("story.order.reduce_only"));
  if (o.message) sentences.push(t("story.order.message", { message: o.message }));
  const ack = o.acked_at !== undefined && o.sent_at !== undefined ? `${numberText(o.acked_at - o.sent_at, 0)} ms` : "–";
  return {
    title: t("story.order"),
    instrument: o.instrument,
    ts: o.created_at,
    sentences,
    numbers: [
      [t("orders.price"), asGiven(o.price)],
      [t("orders.stop_price"), asGiven(o.stop_price)],
      [t("orders.filled"), `${asGiven(o.filled_qty)} / ${asGiven(o.qty)}`],
      [t("orders.avg_price"), averageText(o.avg_price)],
      [t("number.mid_at_send"), numberText(o.mid_at_send)],
      [t("number.ack"), ack],
    ],
    links: signalLink(o.intent_id),
    raw: o,
  };
}

/** Why an order is there: the decision behind its intent, or what of the trade asked for it. */
export function whySentences(t: Translate, order: Order, { intent, decision }: IntentRecord): string[] {
  const sentences: string[] = [];
  if (order.kind === "SL" || order.kind === "TP") sentences.push(t(`order.why.${order.kind}`));
  else if (!decision) sentences.push(t(`order.why.${order.kind}`, { from: intent.intent_id }));
  if (intent.tags?.length) sentences.push(t("order.why.tags", { tags: intent.tags.join(t("sentence.list")) }));
  return decision ? [...sentences, ...decisionStory(t, decision).sentences] : sentences;
}

/** An entry's intent is named after its signal. */
const signalLink = (intentId: string): Subject[] => {
  const [signal, leg] = intentId.split(":");
  return leg === "entry" && signal ? [{ kind: "decision", id: signal }] : [];
};

export function fillStory(t: Translate, f: Fill): Story {
  const links: Subject[] = [{ kind: "order", id: f.client_order_id }];
  if (f.trade_id) links.push({ kind: "trade", id: f.trade_id });
  if (f.signal_id) links.push({ kind: "decision", id: f.signal_id });
  return {
    title: t("story.fill"),
    instrument: f.instrument,
    ts: f.ts,
    sentences: [
      t("story.fill.what", {
        side: t(f.side === "BUY" ? "side.bought" : "side.sold"),
        qty: asGiven(f.qty),
        price: asGiven(f.price),
        role: t(f.maker ? "fills.maker" : "fills.taker"),
        why: t(`kind.${f.kind}`),
      }),
      t(f.slippage_bps > 0 ? "story.fill.cost" : "story.fill.gain", { bps: bps(Math.abs(f.slippage_bps)) }),
    ],
    numbers: [
      [t("fills.fee"), `${asGiven(f.fee)} ${f.fee_asset}`],
      [t("number.slippage"), bps(f.slippage_bps)],
      [t("number.mid_at_send"), numberText(f.mid_at_send)],
      [t("position.realised"), f.realised_usdt === undefined ? "–" : usdtText(f.realised_usdt, true)],
    ],
    links,
    raw: f,
  };
}

export function tradeStory(t: Translate, trade: Trade): Story {
  const way = t(trade.side === "BUY" ? "position.long" : "position.short");
  const sentences = [
    t("story.trade.entry", {
      strategy: trade.strategy_id,
      way,
      qty: asGiven(trade.entry_qty),
      price: averageText(trade.avg_entry),
    }),
  ];
  const moves = trade.stops.length - 1;
  if (moves > 0) sentences.push(moves === 1 ? t("story.trade.stops.one") : t("story.trade.stops", { count: moves }));
  if (trade.closed_at !== undefined) {
    const reason = codeText(t, "exit", trade.exit_reason ?? "");
    sentences.push(
      t("story.trade.exit", { price: averageText(trade.avg_exit), reason, pnl: usdtText(trade.pnl_usdt, true) }),
    );
  } else sentences.push(t("story.trade.open", { qty: asGiven(trade.open_qty), stop: asGiven(trade.stop_price) }));
  return {
    title: t("story.trade"),
    instrument: trade.instrument,
    ts: trade.opened_at,
    sentences,
    numbers: [
      [t("trades.gross"), usdtText(trade.realised_usdt, true)],
      [t("trades.fees"), usdtText(trade.fees_usdt)],
      [t("trades.funding"), usdtText(trade.funding_usdt, true)],
      [t("trades.pnl"), usdtText(trade.pnl_usdt, true)],
      [t("position.margin"), `${usdtText(trade.margin_usdt)} × ${trade.leverage}`],
      [t("number.rev"), String(trade.config_rev)],
    ],
    links: trade.signal_id ? [{ kind: "decision", id: trade.signal_id }] : [],
    raw: trade,
  };
}

export const alertStory = (t: Translate, alert: AlertRow): Story => ({
  title: t("story.alert"),
  ts: alert.ts,
  sentences: [
    t.say(alert.message),
    ...(alert.action_taken ? [t("story.alert.action", { action: t.say(alert.action_taken) })] : []),
    ...((alert.count ?? 1) > 1 ? [t("story.alert.count", { count: alert.count! })] : []),
  ],
  numbers: [
    [t("alerts.severity"), alert.severity],
    [t("alerts.source"), alert.source],
    [t("alerts.runbook"), alert.runbook ?? "–"],
  ],
  links: [],
  raw: alert,
});

/** One that answers for some of its shards is told by those it does not answer for. */
function howItIs(t: Translate, { status, port, shards_free, shard_count = 1 }: ServiceRow): string {
  if (shards_free.length === 0) return t(`story.service.${status}`, { port });
  if (shard_count === 1) return t("story.service.leader");
  return t("story.service.free", { shards: shardsText(shards_free), count: shard_count });
}

export const serviceStory = (t: Translate, service: ServiceRow, ts: number): Story => ({
  title: `${service.id.toUpperCase()} · ${service.title}`,
  ts,
  sentences: [
    howItIs(t, service),
    ...service.checks
      .filter((check) => check.status !== "OK")
      .map((check) => t("story.service.check", { check: check.name, error: check.error ?? check.status })),
  ],
  numbers: service.checks.map((check): [string, string] => [
    check.name,
    check.latency_ms === undefined ? check.status : `${check.status} · ${numberText(check.latency_ms, 1)} ms`,
  ]),
  links: [],
  raw: service,
});
