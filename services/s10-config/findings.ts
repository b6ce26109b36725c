/** Collects what lint finds, each once, with its path and what was probably meant. */
import { LINT_CODES, type LintCode } from "./lint-codes.ts";
import { nearest } from "./nearest.ts";
import { FINDINGS_MAX, pathText } from "./schema-faults.ts";
import type { LintFinding } from "./types.ts";

export type Path = readonly PropertyKey[];

export class Findings {
  readonly errors: LintFinding[] = [];
  readonly warnings: LintFinding[] = [];
  readonly hints: LintFinding[] = [];
  readonly #told = new Set<string>();

  add(path: Path, code: LintCode, message: string, suggestion?: string): void {
    const { severity } = LINT_CODES[code];
    const list = { ERROR: this.errors, WARNING: this.warnings, HINT: this.hints }[severity];
    const at = pathText(path);
    const name = `${code} ${at}`;
    if (list.length >= FINDINGS_MAX || this.#told.has(name)) return;
    this.#told.add(name);
    list.push({ path: at, code, message, ...(suggestion !== undefined && { suggestion }) });
  }

  /** UNKNOWN_NAME unless `name` is there. */
  mustBe({ path, name, of, what }: { path: Path; name: string; of: readonly string[]; what: string }): void {
    if (of.includes(name)) return;
    const suggestion = nearest(name, of);
    const hint = suggestion === undefined ? "" : `; did you mean "${suggestion}"?`;
    this.add(path, "UNKNOWN_NAME", `"${name}" is no ${what}${hint}`, suggestion);
  }

  /** DUPLICATE for every name that was there before. */
  once(path: Path, names: readonly string[]): void {
    const seen = new Set<string>();
    for (const [i, name] of names.entries()) {
      if (seen.has(name)) {
        this.add([...path, i], "DUPLICATE", `"${name}" is there twice; the second would never be reached`);
      }
      seen.add(name);
    }
  }
}
