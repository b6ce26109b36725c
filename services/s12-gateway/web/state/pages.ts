/** The pages, once: navigation, palette, keys and addresses are made from this list. */

interface PageSpec {
  readonly id: string;
  /** No path of the gateway's own verbs: those answer first. */
  readonly path: string;
  /** Outline of its icon, on a 16 × 16 grid. */
  readonly icon: string;
  /** The key that opens it, where that is not its number. */
  readonly key?: string;
}

export const PAGES = [
  { id: "overview", path: "/overview", icon: "M2 2h5v6H2zM9 2h5v3H9zM9 7h5v7H9zM2 10h5v4H2z" },
  { id: "market", path: "/market", icon: "M3 10V6m0 4v3M8 12V4m0 8v2M8 4V2M13 9V5m0 4v2m0-6V3" },
  { id: "orders", path: "/orders", icon: "M3 4h10M3 8h10M3 12h6" },
  { id: "positions", path: "/positions", icon: "M2 13h4v-3h4V6h4V3" },
  { id: "trades", path: "/trades", icon: "M2 3v10h12M5 10l3-4 2 2 4-5" },
  { id: "treasury", path: "/treasury", icon: "M2 6h11l-3-3M14 10H3l3 3" },
  { id: "reconciliation", path: "/reconciliation", icon: "M2 5h12M2 10h12M11 2 5 13" },
  // The gateway says at /health how its own process is.
  { id: "health", path: "/status", icon: "M1 8h3l2-5 3 10 2-5h4" },
  { id: "audit", path: "/audit-log", icon: "M3 2h10v12H3zM6 5h4M6 8h4M6 11h2" },
  { id: "decisions", path: "/decisions", icon: "M8 2v4M8 6 4 9v2M8 6l4 3v2M2 11h4v3H2zM10 11h4v3h-4z", key: "d" },
  { id: "factors", path: "/factors", icon: "M2 13V9m4 4V5m4 8V8m4 5V2", key: "v" },
  { id: "labels", path: "/labels", icon: "M2 8l6-6h6v6l-6 6zM10.5 5.5h1", key: "l" },
  { id: "research", path: "/research", icon: "M6 2h4M7 2v4L3 13h10L9 6V2M5 10h6", key: "r" },
  { id: "config", path: "/config", icon: "M3 4h6m3 0h1M3 8h2m3 0h5M3 12h5m3 0h2M9 2.5v3M5 6.5v3M8 10.5v3", key: "c" },
  { id: "approvals", path: "/inbox", icon: "M2 9l2-6h8l2 6v5H2zM2 9h3l1 2h4l1-2h3", key: "a" },
  { id: "search", path: "/find", icon: "M7 2a5 5 0 1 0 0 10 5 5 0 0 0 0-10M11 11l3 3", key: "f" },
  {
    id: "settings",
    path: "/settings",
    icon: "M2 4h7m4 0h1M2 8h2m4 0h6M2 12h7m4 0h1M11 2.5v3M6 6.5v3M11 10.5v3",
    key: ",",
  },
] as const satisfies readonly PageSpec[];

export type PageId = (typeof PAGES)[number]["id"];

export const pathOf = (id: PageId): string => PAGES.find((page) => page.id === id)!.path;
/** An unknown path is the first page: an address never breaks the page. */
export const pageAt = (path: string): PageId => PAGES.find((page) => page.path === path)?.id ?? PAGES[0].id;
const keyed: readonly (readonly [key: string, id: PageId])[] = PAGES.map((page, index) => [
  "key" in page ? page.key : String(index + 1),
  page.id,
]);
export const keyOf = (id: PageId): string => keyed.find(([, page]) => page === id)![0];
/** The page that a key opens: `1` is the first. */
export const pageOfKey = (key: string): PageId | undefined => keyed.find(([known]) => known === key)?.[1];
