/** Reads a bundle document from YAML or JSON text, without trusting it. */
import { parseDocument } from "yaml";
import { refuse } from "../../shared/errors.ts";

const TEXT_BYTES_MAX = 4_000_000;
/** Aliases multiply; a document may use few. */
const ALIASES_MAX = 50;
const PROBLEMS_SHOWN = 10;

/** JSON is YAML, so one parser reads both. Refuses with MALFORMED and the line of each fault. */
export function readBundleText(text: string): unknown {
  if (text.length > TEXT_BYTES_MAX) refuse("TOO_LARGE", `A bundle has at most ${TEXT_BYTES_MAX} characters.`);
  const document = parseDocument(text, { uniqueKeys: true, strict: true, version: "1.2" });
  if (document.errors.length > 0) {
    const errors = document.errors.slice(0, PROBLEMS_SHOWN).map((error) => ({
      field: error.linePos ? `line ${error.linePos[0].line}` : "document",
      message: error.message.split("\n")[0] ?? error.code,
    }));
    refuse("MALFORMED", `The bundle is no YAML or JSON: ${errors[0]?.field}: ${errors[0]?.message}`, { errors });
  }
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (cause) {
    return refuse("MALFORMED", "The bundle uses too many aliases.", { cause });
  }
}
