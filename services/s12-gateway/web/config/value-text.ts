/** A value of a bundle on one line, as somebody would write it in the file. */
import { stringify } from "yaml";

const WIDE = 0;

/** Maps and lists in one line; what is missing is a dash. */
export function valueText(value: unknown): string {
  if (value === undefined) return "–";
  if (typeof value === "string") return value === "" ? '""' : value;
  if (typeof value !== "object" || value === null) return String(value);
  return stringify(value, { collectionStyle: "flow", lineWidth: WIDE, flowCollectionPadding: false }).trimEnd();
}
