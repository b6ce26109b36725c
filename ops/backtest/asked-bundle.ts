/** The bundle that a command is asked to try: read from its file and linted, or the shipped one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readBundleText } from "../../services/s10-config/bundle-text.ts";
import { contentHash } from "../../services/s10-config/bundles.ts";
import { lintBundle } from "../../services/s10-config/lint.ts";
import type { Bundle } from "../../shared/domain/bundle.ts";
import { ROOT } from "../build.ts";

export interface AskedBundle {
  readonly bundle: Bundle;
  /** SHA-256 of its content, whatever its revision. */
  readonly hash: string;
  readonly warnings: readonly string[];
}

const SHIPPED = join(ROOT, "services/s10-config/default-bundle.yaml");
const FAULTS_SHOWN = 12;

/** Throws with every fault and where it is. */
export function askedBundle(file: string | undefined): AskedBundle {
  const { report, bundle } = lintBundle(readBundleText(textOf(file)));
  const told = ({ path, message, suggestion }: (typeof report.errors)[number]): string =>
    `${path === "" ? "the whole" : path}: ${message}${suggestion === undefined ? "" : ` (${suggestion}?)`}`;
  if (bundle) return { bundle, hash: contentHash(bundle), warnings: report.warnings.map(told) };
  const faults = report.errors.map(told);
  const more = faults.length > FAULTS_SHOWN ? [`and ${faults.length - FAULTS_SHOWN} more`] : [];
  throw new Error(
    [`${file ?? "The shipped bundle"} cannot be run:`, ...faults.slice(0, FAULTS_SHOWN), ...more].join("\n  "),
  );
}

function textOf(file: string | undefined): string {
  try {
    return readFileSync(file ?? SHIPPED, "utf8");
  } catch (error) {
    throw new Error(`--bundle ${file} cannot be read: ${(error as Error).message}`);
  }
}
