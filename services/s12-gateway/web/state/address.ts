/** The page's state as its address: what is shown can be linked to, and Back undoes it. */
import { type Asked, NOTHING_ASKED, printAsked, readAsked } from "./asked.ts";
import { CHART_TIMEFRAMES, type ChartTimeframe } from "./bars.ts";
import { NO_FILTERS, type OrderFilters, printFilters, readFilters } from "./order-filters.ts";
import { PAGES, type PageId, pageAt, pathOf } from "./pages.ts";
import { createStore } from "./store.ts";

export const TABS = ["orders", "fills", "trades"] as const;
export type Tab = (typeof TABS)[number];
/** What the side panel can tell the story of. */
export const SUBJECTS = ["decision", "order", "fill", "trade", "alert", "service"] as const;
export type SubjectKind = (typeof SUBJECTS)[number];
export interface Subject {
  readonly kind: SubjectKind;
  readonly id: string;
}
export interface Address {
  readonly page: PageId;
  /** What of the page is open: an order, a trade, a reconciliation; "" for its list. */
  readonly id: string;
  readonly filters: OrderFilters;
  /** Filters of the other pages. */
  readonly asked: Asked;
  readonly instrument: string;
  readonly timeframe: ChartTimeframe;
  readonly tab: Tab;
  readonly subject: Subject | undefined;
}

const DEFAULTS: Address = {
  page: PAGES[0].id,
  id: "",
  filters: NO_FILTERS,
  asked: NOTHING_ASKED,
  instrument: "",
  timeframe: "1m",
  tab: "orders",
  subject: undefined,
};

const oneOf = <T extends string>(values: readonly T[], text: string | null, otherwise: T): T =>
  values.includes(text as T) ? (text as T) : otherwise;

/** What is missing or unknown falls back to its default; an address never breaks the page. */
export function readAddress({ pathname, search }: { pathname: string; search: string }): Address {
  const query = new URLSearchParams(search);
  const asksMarket = ["instrument", "timeframe", "tab"].some((name) => query.has(name));
  const instrument = query.get("instrument") ?? "";
  return {
    // The market was the first page once: links to it from then still lead there.
    page: pathname === "/" && asksMarket ? "market" : pageAt(pathname),
    id: query.get("id") ?? DEFAULTS.id,
    filters: readFilters(query),
    asked: readAsked(query),
    instrument: /^(SPOT|FUT):[A-Z0-9]{2,24}$/.test(instrument) ? instrument : DEFAULTS.instrument,
    timeframe: oneOf(CHART_TIMEFRAMES, query.get("timeframe"), DEFAULTS.timeframe),
    tab: oneOf(TABS, query.get("tab"), DEFAULTS.tab),
    subject: readSubject(query.get("open")),
  };
}

function readSubject(text: string | null): Subject | undefined {
  const colon = text?.indexOf(":") ?? -1;
  if (!text || colon < 1) return undefined;
  const kind = SUBJECTS.find((known) => known === text.slice(0, colon));
  const id = text.slice(colon + 1);
  return kind && id !== "" ? { kind, id } : undefined;
}

export function printAddress(address: Address): string {
  const query = new URLSearchParams();
  if (address.id) query.set("id", address.id);
  printFilters(address.filters, query);
  printAsked(address.asked, query);
  if (address.instrument) query.set("instrument", address.instrument);
  if (address.timeframe !== DEFAULTS.timeframe) query.set("timeframe", address.timeframe);
  if (address.tab !== DEFAULTS.tab) query.set("tab", address.tab);
  if (address.subject) query.set("open", `${address.subject.kind}:${address.subject.id}`);
  const text = query.toString().replaceAll("%3A", ":");
  const path = pathOf(address.page);
  return text === "" ? path : `${path}?${text}`;
}

export const addressStore = createStore<Address>(DEFAULTS);

/** Takes the browser's address over, now and when the person goes back or forward. */
export function startAddress(): void {
  const read = () => addressStore.set(readAddress(location));
  addEventListener("popstate", read);
  read();
}

const STEPS = ["page", "id", "subject", "instrument"] as const;

/** Another page begins with its list and without the side panel; what is watched stays. */
function turned(change: Partial<Address>): Address {
  const shown = addressStore.get();
  const fresh = change.page !== undefined && change.page !== shown.page;
  return {
    ...shown,
    ...(fresh && { id: "", filters: NO_FILTERS, asked: NOTHING_ASKED, subject: undefined }),
    ...change,
  };
}

/** Choosing what to look at makes a step in the history; adjusting how, or `"settle"`ing what was left open, does not. */
export function go(change: Partial<Address>, how: "step" | "settle" = "step"): void {
  const next = turned(change);
  const step = how === "step" && STEPS.some((name) => name in change);
  history[step ? "pushState" : "replaceState"](null, "", printAddress(next));
  addressStore.set(next);
}

export const hrefOf = (change: Partial<Address>): string => printAddress(turned(change));
