/** Where on the pages that watch the system one is, as the address keeps it in its `id`. */

export const WATCH_SECTIONS = ["wall", "alerts", "channels", "actions", "logs"] as const;
export type WatchSection = (typeof WATCH_SECTIONS)[number];

export type WatchPlace =
  | { readonly at: WatchSection }
  | { readonly at: "channel"; readonly id: string }
  | { readonly at: "new-channel" };

/** What is not known is the wall: an address never breaks the page. */
export function watchPlaceOf(id: string): WatchPlace {
  if (id.startsWith("channel:") && id.length > "channel:".length) return { at: "channel", id: id.slice(8) };
  if (id === "new-channel") return { at: id };
  return { at: WATCH_SECTIONS.find((section) => section === id) ?? "wall" };
}

export function watchIdOf(place: WatchPlace): string {
  if (place.at === "channel") return `channel:${place.id}`;
  return place.at === "wall" ? "" : place.at;
}

export const watchSectionOf = ({ at }: WatchPlace): WatchSection =>
  at === "channel" || at === "new-channel" ? "channels" : at;
