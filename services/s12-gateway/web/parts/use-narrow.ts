/** Whether the page is as narrow as a phone, for what must be another shape there and not only another size. */
import { useSyncExternalStore } from "react";

/** The same width as in the styles. */
const QUERY = "(max-width: 900px)";

const subscribe = (listener: () => void) => {
  const query = matchMedia(QUERY);
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
};
export const useNarrow = (): boolean => useSyncExternalStore(subscribe, () => matchMedia(QUERY).matches);
