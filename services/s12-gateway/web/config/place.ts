/** Where on the config pages one is, as the address keeps it in its `id`. */

export const CONFIG_SECTIONS = ["bundles", "editor", "diff", "simulations", "promotions"] as const;
export type ConfigSection = (typeof CONFIG_SECTIONS)[number];

/** A side of a comparison besides a revision: what is in force for all, and what stands in the editor. */
export const ACTIVE = "active";
export const DRAFT = "draft";

export type ConfigPlace =
  | { readonly at: "bundles" | "simulations" | "promotions" }
  /** `of`: a revision, as `revName` writes it. */
  | { readonly at: "bundle"; readonly of: string }
  /** Forms: they may begin from a revision. */
  | { readonly at: "editor" | "new-simulation" | "new-promotion"; readonly of?: string }
  | { readonly at: "diff"; readonly from: string; readonly to: string }
  | { readonly at: "simulation" | "promotion"; readonly id: string };

const LISTS = ["bundles", "simulations", "promotions"] as const;
const FORMS = ["editor", "new-simulation", "new-promotion"] as const;
const ONES = ["simulation", "promotion"] as const;
const BETWEEN = "..";

/** What is not known is the list of bundles: an address never breaks the page. */
export function placeOf(id: string): ConfigPlace {
  const colon = id.indexOf(":");
  const [head, rest] = colon < 0 ? [id, ""] : [id.slice(0, colon), id.slice(colon + 1)];
  const form = FORMS.find((each) => each === head);
  if (form) return readRevName(rest) ? { at: form, of: rest } : { at: form };
  const one = ONES.find((each) => each === head);
  if (one && rest !== "") return { at: one, id: rest };
  if (head === "bundle" && readRevName(rest)) return { at: "bundle", of: rest };
  if (head === "diff") {
    const [from = "", to = ""] = rest.split(BETWEEN);
    return { at: "diff", from: sideOf(from), to: sideOf(to) };
  }
  return { at: LISTS.find((each) => each === head) ?? "bundles" };
}
const sideOf = (text: string): string => (text === ACTIVE || text === DRAFT || readRevName(text) ? text : "");

export function idOf(place: ConfigPlace): string {
  switch (place.at) {
    case "bundles":
      return "";
    case "bundle":
      return `bundle:${place.of}`;
    case "diff":
      return place.from === "" && place.to === "" ? "diff" : `diff:${place.from}${BETWEEN}${place.to}`;
    case "simulation":
    case "promotion":
      return `${place.at}:${place.id}`;
    case "editor":
    case "new-simulation":
    case "new-promotion":
      return place.of === undefined ? place.at : `${place.at}:${place.of}`;
    default:
      return place.at;
  }
}

const SECTION_OF: Record<ConfigPlace["at"], ConfigSection> = {
  bundles: "bundles",
  bundle: "bundles",
  editor: "editor",
  diff: "diff",
  simulations: "simulations",
  simulation: "simulations",
  "new-simulation": "simulations",
  promotions: "promotions",
  promotion: "promotions",
  "new-promotion": "promotions",
};
export const sectionOf = ({ at }: ConfigPlace): ConfigSection => SECTION_OF[at];

export interface RevRef {
  readonly bundle_id: string;
  readonly rev: number;
}
/** `shipped@3`. */
export const revName = ({ bundle_id, rev }: RevRef): string => `${bundle_id}@${rev}`;
export function readRevName(text: string): RevRef | undefined {
  const [, bundle_id, rev] = /^([a-z][a-z0-9-]{0,63})@([1-9]\d{0,9})$/.exec(text) ?? [];
  return bundle_id && rev ? { bundle_id, rev: Number(rev) } : undefined;
}
