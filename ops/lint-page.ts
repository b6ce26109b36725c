/** Writes down what lint can find in a bundle, from its catalogue of codes. */
import { LINT_CODES, type Severity } from "../services/s10-config/lint-codes.ts";

const GROUPS = {
  text: "Text and schema",
  names: "Names",
  conditions: "Conditions",
  rules: "Rules",
  strategies: "Strategies",
  numbers: "Numbers",
  live: "Before it is live",
} as const;
const SEVERITIES: Readonly<Record<Severity, string>> = { ERROR: "error", WARNING: "warning", HINT: "hint" };
const ABOUT = `What \`./chimera config lint\`, \`POST /config/lint\`, \`POST /bundles\` and the editor on the page say of a
bundle. An **error** refuses it. A **warning** means that it does less, or other, than it seems to say. A **hint** is
worth knowing and asks for nothing. Each finding has a path such as \`rules[3].when.allOf[0].f\`, of a text also the
line and column, and what was probably meant where that can be told. What is said of conditions is proved from the
ranges of the [factors](factors.md) alone, whatever the market does. How to write a bundle: [the
guide](../guide/write-a-bundle.md).`;

/** `note` says that the page is generated. */
export function lintPage(note: string): string {
  const codes = Object.entries(LINT_CODES);
  const sections = Object.entries(GROUPS).map(([group, title]) => {
    const rows = codes
      .filter(([, about]) => about.group === group)
      .map(([code, { severity, meaning }]) => `| \`${code}\` | ${SEVERITIES[severity]} | ${meaning} |`);
    return `## ${title}\n\n| code | is | means |\n| --- | --- | --- |\n${rows.join("\n")}`;
  });
  return `${note}\n\n# Lint\n\n${ABOUT}\n\n${sections.join("\n\n")}\n`;
}
