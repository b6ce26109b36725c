/** A clock that parts can watch: they are drawn again as it ticks. */
import { useSyncExternalStore } from "react";
import { every, now, type Stop } from "../api/now.ts";

interface Ticker {
  subscribe(listener: () => void): Stop;
  get(): number;
}
const tickers = new Map<number, Ticker>();

function createTicker(everyMs: number): Ticker {
  const listeners = new Set<() => void>();
  let at = now();
  let stop: Stop | undefined;
  return {
    get: () => at,
    subscribe: (listener) => {
      listeners.add(listener);
      stop ??= every(everyMs, () => {
        at = now();
        for (const tell of listeners) tell();
      });
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        stop?.();
        stop = undefined;
      };
    },
  };
}

/** Our clock, epoch ms, renewed every `everyMs`; all watchers of one pace share one timer. */
export function useTick(everyMs: number): number {
  const ticker = tickers.get(everyMs) ?? createTicker(everyMs);
  tickers.set(everyMs, ticker);
  return useSyncExternalStore(ticker.subscribe, ticker.get);
}
