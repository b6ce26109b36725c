/** What the command palette can do for this person, in groups: places to go, things to look at, acts, preferences. */
import type { Instrument } from "../../../../shared/domain/instrument.ts";
import type { Order } from "../../../../shared/domain/order.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import type { Me } from "../api/shapes.ts";
import type { MessageKey, Translate } from "../i18n/translate.ts";
import type { Address } from "./address.ts";
import { CHART_TIMEFRAMES, type ChartTimeframe } from "./bars.ts";
import { isOpenOrder, isOpenTrade } from "./lists.ts";
import { mayAct, mayPromote, mayResearch } from "./me.ts";
import { keyOf, PAGES } from "./pages.ts";
import { CHOICE_NAMES, CHOICES, type Prefs } from "./prefs.ts";
import { SECTIONS } from "./settings.ts";

export const MARKET_SECTIONS = ["positions", "chart", "book", "decisions", "books", "services", "alerts"] as const;
const ORDERS_SHOWN = 20;

/** What a command does, as data: the palette's part knows how. */
export type Does =
  | { readonly kind: "go"; readonly to: Partial<Address> }
  | { readonly kind: "section"; readonly section: (typeof MARKET_SECTIONS)[number] }
  | { readonly kind: "timeframe"; readonly timeframe: ChartTimeframe }
  | { readonly kind: "prefer"; readonly change: Partial<Prefs> }
  | { readonly kind: "close"; readonly instrument: string }
  | { readonly kind: "cancel"; readonly order: Order }
  | { readonly kind: "flatten"; readonly count: number }
  | { readonly kind: "pause" | "resume"; readonly strategy: string }
  | { readonly kind: "kill" | "keys" | "sign-out" };

export interface Command {
  /** No other command has it. */
  readonly value: string;
  readonly label: string;
  /** Stands right of it: its key, or as whom it is done. */
  readonly hint?: string;
  readonly does: Does;
}
export interface CommandGroup {
  readonly value: string;
  readonly items: readonly Command[];
}

export interface CommandWorld {
  me: Me | undefined;
  instruments: readonly Instrument[];
  trades: readonly Trade[];
  orders: readonly Order[];
  /** Ids of those in force. */
  strategies: readonly string[];
}

type Line = readonly [label: string, does: Does, hint?: string];

export function commandsOf(t: Translate, world: CommandWorld): CommandGroup[] {
  const groups: readonly (readonly [title: string, lines: readonly Line[]])[] = [
    [t("palette.pages"), PAGES.map(({ id }) => [t(`page.${id}`), goTo({ page: id, id: "" }), keyOf(id).toUpperCase()])],
    [t("palette.actions"), actsOf(t, world)],
    [t("palette.open_trades"), openTrades(t, world)],
    [t("palette.instruments"), instrumentsOf(world)],
    [t("palette.orders"), recentOrders(t, world)],
    [t("page.config"), configPlaces(t, world)],
    [t("page.settings"), SECTIONS.map((id) => [t(`settings.${id}`), goTo({ page: "settings", id })])],
    [t("page.market"), MARKET_SECTIONS.map((section) => [t(`section.${section}`), { kind: "section", section }])],
    [t("palette.timeframes"), CHART_TIMEFRAMES.map((timeframe) => [timeframe, { kind: "timeframe", timeframe }])],
    ...CHOICE_NAMES.map((name) => [t(`menu.${name}`), choicesOf(t, name)] as const),
  ];
  return groups
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => ({
      value: title,
      items: lines.map(([label, does, hint]) => ({
        value: `${title} ${label}`,
        label,
        does,
        ...(hint !== undefined && { hint }),
      })),
    }));
}

const CONFIG_PLACES = ["bundles", "editor", "diff", "simulations", "promotions"] as const;
/** What the config page has of its own; its forms only for those who may send them. */
function configPlaces(t: Translate, { me }: CommandWorld): Line[] {
  const forms = [
    ...(mayResearch(me) ? (["new-simulation"] as const) : []),
    ...(mayPromote(me) ? (["new-promotion"] as const) : []),
  ];
  return [...CONFIG_PLACES, ...forms].map((id) => [t(`palette.config.${id}`), goTo({ page: "config", id })]);
}

const goTo = (to: Partial<Address>): Does => ({ kind: "go", to });
const instrumentsOf = ({ instruments }: CommandWorld): Line[] =>
  instruments.map(({ instrument }) => [instrument, goTo({ page: "market", instrument })]);
const choicesOf = (t: Translate, name: keyof Prefs): Line[] =>
  CHOICES[name].map((choice) => [t(`${name}.${choice}` as MessageKey), { kind: "prefer", change: { [name]: choice } }]);

const wayOf = (t: Translate, { side }: Trade): string => t(side === "BUY" ? "position.long" : "position.short");
const openTrades = (t: Translate, { trades }: CommandWorld): Line[] =>
  trades
    .filter(isOpenTrade)
    .map((trade) => [
      `${trade.instrument} ${wayOf(t, trade)}, ${trade.strategy_id}`,
      goTo({ page: "positions", id: trade.trade_id, instrument: trade.instrument }),
    ]);

const orderName = (t: Translate, { instrument, side, kind, client_order_id }: Order): string =>
  `${instrument} ${t(`side.${side}`)}, ${t(`kind.${kind}`)}, ${client_order_id}`;
const recentOrders = (t: Translate, { orders }: CommandWorld): Line[] =>
  orders
    .slice(0, ORDERS_SHOWN)
    .map((order) => [
      orderName(t, order),
      goTo({ page: "orders", id: order.client_order_id }),
      t(`status.${order.status}`),
    ]);

/** Only what this person's role may do: the others would be refused. */
function actsOf(t: Translate, { me, trades, orders, strategies }: CommandWorld): Line[] {
  const as = me ? t("palette.as", { role: t(`role.${me.role}`) }) : "";
  const open = trades.filter(isOpenTrade);
  const acting: Line[] = mayAct(me)
    ? [
        [t("kill.title.off"), { kind: "kill" }, "K"],
        ...open.map(
          ({ instrument }): Line => [t("acts.close.title", { instrument }), { kind: "close", instrument }, as],
        ),
        ...(open.length > 0 ? [[t("flatten.title"), { kind: "flatten", count: open.length }, as] satisfies Line] : []),
        ...orders
          .filter(isOpenOrder)
          .map((order): Line => [`${t("cancel.title")}: ${orderName(t, order)}`, { kind: "cancel", order }, as]),
        ...(["pause", "resume"] as const).flatMap((kind) =>
          strategies.map((strategy): Line => [t(`${kind}.title`, { strategy }), { kind, strategy }, as]),
        ),
        [t("recon.now.title"), goTo({ page: "reconciliation", id: "" }), as],
        [t("transfer.title"), goTo({ page: "treasury", id: "" }), as],
      ]
    : [];
  return [
    ...acting,
    [t("password.title"), goTo({ page: "settings", id: "you" })],
    [t("keys_help.title"), { kind: "keys" }, "?"],
    [t("menu.sign_out", { user: me?.username ?? "" }), { kind: "sign-out" }],
  ];
}
