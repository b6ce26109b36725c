/** A value outside React that parts subscribe to by the slice they show. */
import { useSyncExternalStore } from "react";
import { after, beforePaint, now, type Stop } from "../api/now.ts";

/** Nobody reads figures that change faster than this; the rest of the time is for scrolling and typing. */
const SHOWN_EVERY_MS = 50;

export interface Store<T> {
  get(): T;
  set(next: T): void;
  subscribe(listener: () => void): Stop;
}

/**
 * `pace: "frame"` tells listeners just before a frame and at most every 50 ms, however often the value changes: the
 * first change after a quiet while is in the next frame.
 */
export function createStore<T>(first: T, pace: "now" | "frame" = "now"): Store<T> {
  const listeners = new Set<() => void>();
  let value = first;
  let queued = false;
  let toldAt = 0;
  const tell = () => {
    queued = false;
    if (pace === "frame") toldAt = now();
    for (const listener of listeners) listener();
  };
  return {
    get: () => value,
    set: (next) => {
      if (Object.is(next, value)) return;
      value = next;
      if (pace === "now") return tell();
      if (queued) return;
      queued = true;
      const waitMs = Math.min(SHOWN_EVERY_MS, toldAt + SHOWN_EVERY_MS - now());
      if (waitMs > 0) after(waitMs, () => beforePaint(tell));
      else beforePaint(tell);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** `pick` must give back the same value while its slice is the same. */
export function useStore<T, S>(store: Store<T>, pick: (value: T) => S): S {
  return useSyncExternalStore(store.subscribe, () => pick(store.get()));
}
