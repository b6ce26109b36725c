/** A value outside React that parts subscribe to by the slice they show. */
import { useSyncExternalStore } from "react";
import { beforePaint, type Stop } from "../api/now.ts";

export interface Store<T> {
  get(): T;
  set(next: T): void;
  subscribe(listener: () => void): Stop;
}

/** `pace: "frame"` tells listeners at most once per frame, however often the value changes. */
export function createStore<T>(first: T, pace: "now" | "frame" = "now"): Store<T> {
  const listeners = new Set<() => void>();
  let value = first;
  let queued = false;
  const tell = () => {
    queued = false;
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
      beforePaint(tell);
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
