/** What a page besides the orders is asked to show: named texts of the address, which each page reads its own way. */

/** `on` is an instrument, `from` and `to` are local days. */
export const ASKED_NAMES = [
  ...(["on", "strategy", "state", "result", "from", "to", "by"] as const),
  ...(["severity", "source", "actor", "what", "q"] as const),
];
export type AskedName = (typeof ASKED_NAMES)[number];
export type Asked = Readonly<Partial<Record<AskedName, string>>>;

export const NOTHING_ASKED: Asked = {};
const TEXT_MAX = 100;

export function readAsked(query: URLSearchParams): Asked {
  const asked: Partial<Record<AskedName, string>> = {};
  for (const name of ASKED_NAMES) {
    const text = query.get(name) ?? "";
    if (text !== "" && text.length <= TEXT_MAX) asked[name] = text;
  }
  return asked;
}

export function printAsked(asked: Asked, query: URLSearchParams): void {
  for (const name of ASKED_NAMES) {
    const text = asked[name];
    if (text) query.set(name, text);
  }
}

/** With a change: "" takes a filter away. */
export function askedWith(asked: Asked, change: Asked): Asked {
  const next = { ...asked, ...change };
  return Object.fromEntries(Object.entries(next).filter(([, text]) => text !== ""));
}

/** The text, where it is one of those the page knows. */
export const askedOf = <T extends string>(text: string | undefined, known: readonly T[]): T | "" =>
  known.find((each) => each === text) ?? "";

const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** A local day's first and last millisecond, epoch ms; undefined of what is no day. */
export function dayBounds(day: string | undefined): { first: number; last: number } | undefined {
  if (day === undefined || !DAY.test(day)) return undefined;
  const first = new Date(`${day}T00:00:00.000`).getTime();
  const last = new Date(`${day}T23:59:59.999`).getTime();
  return Number.isFinite(first) && Number.isFinite(last) ? { first, last } : undefined;
}

/** The period as the services' lists take it; an end before its beginning is left out. */
export function periodOf({ from, to }: Asked): { from_ts?: string; to_ts?: string } {
  const first = dayBounds(from)?.first;
  const last = dayBounds(to)?.last;
  return {
    ...(first !== undefined && { from_ts: String(first) }),
    ...(last !== undefined && (first === undefined || last > first) && { to_ts: String(last) }),
  };
}

/** The same as numbers, epoch ms. */
export function momentsOf(asked: Asked): { from_ts?: number; to_ts?: number } {
  const { from_ts, to_ts } = periodOf(asked);
  return { ...(from_ts && { from_ts: Number(from_ts) }), ...(to_ts && { to_ts: Number(to_ts) }) };
}
