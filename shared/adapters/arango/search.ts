/** Full-text conditions over a view whose texts have been cut into words by us (see words.ts). */
import type { Binder } from "./aql.ts";
import { ANALYZER } from "./names.ts";
import { asked } from "./words.ts";

/**
 * The `SEARCH` line: every element of the text in one of the fields or another; nothing when no word is asked for. A
 * single word is the beginning of one (`STARTS_WITH`), several side by side a `PHRASE` whose last is; its object tokens
 * are not analyzed, which ours need not be.
 */
export function searchLines(searched: readonly string[], text: string, bind: Binder): string | undefined {
  const elements = asked(text);
  if (elements.length === 0) return undefined;
  const fields = searched.map((field) => `d.words.${bind.attribute(field)}`);
  const analyzer = bind.value(ANALYZER);
  const conditions = elements.map((words) => {
    const [last, ...before] = words.toReversed();
    const wanted =
      before.length === 0
        ? bind.value(last)
        : bind.value([...before.toReversed().map((word) => ({ TERM: [word] })), { STARTS_WITH: [last] }]);
    const one = (field: string) =>
      before.length === 0 ? `STARTS_WITH(${field}, ${wanted})` : `PHRASE(${field}, ${wanted}, ${analyzer})`;
    return `(${fields.map(one).join(" OR ")})`;
  });
  return `SEARCH ANALYZER(${conditions.join(" AND ")}, ${analyzer})`;
}
