/** Keeps the current item of a list of places in sight where the list is wider than the screen. */
import { type RefObject, useEffect, useRef } from "react";

/** `here` says which one is current; the list marks it with `aria-current`. */
export function useCurrentInSight<T extends HTMLElement>(here: string): RefObject<T | null> {
  const list = useRef<T>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another place is another current item
  useEffect(() => {
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [here]);
  return list;
}
