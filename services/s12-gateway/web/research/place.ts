/** Where on the research pages one is, as the address keeps it in its `id`. */

export const RESEARCH_SECTIONS = ["experiments", "compare", "hypotheses", "models"] as const;
export type ResearchSection = (typeof RESEARCH_SECTIONS)[number];

export const COMPARED_MIN = 2;
export const COMPARED_MAX = 6;

export type ResearchPlace =
  | { readonly at: "experiments" | "hypotheses" | "models" }
  | { readonly at: "compare"; readonly ids: readonly string[] }
  /** A form; a new experiment may begin as a copy of another one. */
  | { readonly at: "new-experiment"; readonly like?: string }
  | { readonly at: "new-hypothesis" }
  | { readonly at: "new-training" }
  | { readonly at: "experiment"; readonly id: string }
  | { readonly at: "hypothesis"; readonly id: string }
  | { readonly at: "training"; readonly id: string }
  | { readonly at: "model"; readonly id: string; readonly hash: string };

const LISTS = ["experiments", "hypotheses", "models"] as const;
const FORMS = ["new-experiment", "new-hypothesis", "new-training"] as const;
const ONES = ["hypothesis", "training"] as const;

/** What is not known is the list of experiments: an address never breaks the page. */
export function placeOf(id: string): ResearchPlace {
  const colon = id.indexOf(":");
  const [head, rest] = colon < 0 ? [id, ""] : [id.slice(0, colon), id.slice(colon + 1)];
  if (head.startsWith("exp-")) return { at: "experiment", id };
  if (head === "compare") return { at: "compare", ids: rest.split(",").filter(Boolean).slice(0, COMPARED_MAX) };
  if (head === "new-experiment" && rest !== "") return { at: head, like: rest };
  const one = ONES.find((each) => each === head);
  if (one && rest !== "") return { at: one, id: rest };
  if (head === "model" && rest.includes("/")) {
    const [model = "", hash = ""] = rest.split("/");
    return { at: "model", id: model, hash };
  }
  const simple = [...LISTS, ...FORMS].find((each) => each === head);
  return { at: simple ?? "experiments" };
}

export function idOf(place: ResearchPlace): string {
  switch (place.at) {
    case "experiments":
      return "";
    case "experiment":
      return place.id;
    case "compare":
      return place.ids.length === 0 ? "compare" : `compare:${place.ids.join(",")}`;
    case "new-experiment":
      return place.like === undefined ? place.at : `${place.at}:${place.like}`;
    case "hypothesis":
    case "training":
      return `${place.at}:${place.id}`;
    case "model":
      return `model:${place.id}/${place.hash}`;
    default:
      return place.at;
  }
}

const SECTION_OF: Record<ResearchPlace["at"], ResearchSection> = {
  experiments: "experiments",
  experiment: "experiments",
  "new-experiment": "experiments",
  compare: "compare",
  hypotheses: "hypotheses",
  hypothesis: "hypotheses",
  "new-hypothesis": "hypotheses",
  models: "models",
  model: "models",
  training: "models",
  "new-training": "models",
};
export const sectionOf = ({ at }: ResearchPlace): ResearchSection => SECTION_OF[at];
