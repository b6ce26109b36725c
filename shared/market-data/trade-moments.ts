/** Public trades of one instrument as moments of a tape; rows that are no trade are told and left out. */

import { isTime, priceOf } from "./bar-moments.ts";
import { shown } from "./damage.ts";
import type { Scales } from "./recorded-line.ts";
import { moment } from "./rows.ts";
import type { RowRules } from "./tape-rows.ts";

export interface TradeRules {
  readonly kind: "trades" | "aggTrades";
  readonly scales: Scales;
  /** Into the tape's listings. */
  readonly who: number;
  /** A price that lies between two ticks was cut to the one below. */
  onCut(): void;
}

/** Cells are the library's columns of `trades` or `aggTrades`. A time that goes back is told, and held at the latest. */
export function tradeRules({ kind, scales, who, onCut }: TradeRules): RowRules {
  const makerAt = kind === "trades" ? 5 : 6;
  let latest = 0;
  return {
    name: ({ key }) => `trade ${key}`,
    gap: (last, next) => {
      const missing = next.key - last.key - 1;
      return missing > 0 ? `${missing} of ${kind} are missing before ${next.key}` : undefined;
    },
    read(cells, note) {
      const ts = Number(cells[0]);
      if (!isTime(ts)) return `ts: ${shown(cells[0])} is no time`;
      const id = Number(cells[1]);
      if (!Number.isSafeInteger(id) || id < 0 || cells[1] === "") return `id: ${shown(cells[1])} is no id`;
      const ticks = priceOf(scales.price, cells[2], onCut);
      if (!(ticks > 0)) return `price: ${shown(cells[2])} is no price`;
      const lots = scales.qty.readDown(cells[3] ?? "");
      if (lots === 0) return `Zero volume: ${shown(cells[3])}`;
      if (!(lots > 0)) return `qty: ${shown(cells[3])} is no amount`;
      const maker = cells[makerAt];
      if (maker !== "true" && maker !== "false") return `buyer_is_maker: ${shown(maker)} is neither true nor false`;
      if (ts < latest) note(`Time goes back: ${moment(ts)} after ${moment(latest)}`);
      latest = Math.max(latest, ts);
      const event = { kind: "trade", id, ticks, lots, buyerIsTaker: maker === "false" } as const;
      return { key: id, ts: latest, moments: [{ at: latest, exchTs: ts, who, event }] };
    },
  };
}
