/** What the config service finds in a bundle, as it answers. */

export interface LintFinding {
  /** Where in the document, such as `rules[3].when.allOf[0].f`; "" for the whole. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
  /** What could stand there instead. */
  readonly suggestion?: string;
}
export interface LintReport {
  readonly passed: boolean;
  readonly errors: readonly LintFinding[];
  readonly warnings: readonly LintFinding[];
  /** What is allowed and perhaps not meant. */
  readonly hints?: readonly LintFinding[];
  /** Of the content, where it is whole. */
  readonly hash?: string;
}
