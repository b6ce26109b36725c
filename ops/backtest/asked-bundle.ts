/** The bundle that a command is asked to try: read from its file and linted, or the shipped one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readBundleText } from "../../services/s10-config/bundle-text.ts";
import { contentHash } from "../../services/s10-config/bundles.ts";
import { lintBundle } from "../../services/s10-config/lint.ts";
import type { TapeForm } from "../../shared/backtest/tape.ts";
import type { Bundle } from "../../shared/domain/bundle.ts";
import { ROOT } from "../build.ts";

export interface AskedBundle {
  readonly bundle: Bundle;
  /** SHA-256 of its content, whatever its revision. */
  readonly hash: string;
  readonly warnings: readonly string[];
}

/** The system's own looks at the order book and at seconds, of which bars know nothing. */
const SHIPPED: Readonly<Record<TapeForm, string>> = {
  book: join(ROOT, "services/s10-config/default-bundle.yaml"),
  trades: join(ROOT, "services/s10-config/default-bundle.yaml"),
  bars: join(ROOT, "ops/backtest/minute-bars.yaml"),
};
const FAULTS_SHOWN = 12;

/** Without a file the one that is shipped for such data. Throws with every fault and where it is. */
export function askedBundle(file: string | undefined, form: TapeForm): AskedBundle {
  const { report, bundle } = lintBundle(readBundleText(textOf(file ?? SHIPPED[form])));
  const told = ({ path, message, suggestion }: (typeof report.errors)[number]): string =>
    `${path === "" ? "the whole" : path}: ${message}${suggestion === undefined ? "" : ` (${suggestion}?)`}`;
  if (bundle) return { bundle, hash: contentHash(bundle), warnings: report.warnings.map(told) };
  const faults = report.errors.map(told);
  const more = faults.length > FAULTS_SHOWN ? [`and ${faults.length - FAULTS_SHOWN} more`] : [];
  throw new Error(
    [`${file ?? "The shipped bundle"} cannot be run:`, ...faults.slice(0, FAULTS_SHOWN), ...more].join("\n  "),
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`--bundle ${file} cannot be read: ${(error as Error).message}`);
  }
}
