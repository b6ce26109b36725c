/** Trials of a search in a file, a line each as they end, so that a search that was stopped goes on where it was. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Trial } from "../../shared/domain/experiment.ts";
import type { TrialAnswer } from "../../shared/experiment/trial-request.ts";
import type { KeptTrial } from "../../shared/experiment-run/run-experiment.ts";

const FORMAT = "chimera-trials-1";

export interface TrialFile {
  /** Trials that were in it. */
  readonly count: number;
  kept(trial: number): KeptTrial | undefined;
  keep(trial: Trial, answer: TrialAnswer | undefined): void;
}

/**
 * `key` is a hash over everything that the trials come of; a file of another search is refused. A last line that was
 * cut off counts for nothing.
 */
export function openTrialFile(path: string, key: string): TrialFile {
  const kept = new Map<number, KeptTrial>();
  if (existsSync(path)) {
    const [head = "", ...lines] = wholeLines(path);
    if (head !== headOf(key)) {
      throw new Error(
        `${path} holds trials of another search: bundle, data, options or version differ. Name another file, or remove it.`,
      );
    }
    for (const line of lines) {
      const one = JSON.parse(line) as KeptTrial;
      kept.set(one.trial.trial, one);
    }
    // What was cut off is written anew.
    writeFileSync(path, [head, ...lines].map((line) => `${line}\n`).join(""));
  } else writeFileSync(path, `${headOf(key)}\n`);
  return {
    count: kept.size,
    kept: (trial) => kept.get(trial),
    keep: (trial, answer) => appendFileSync(path, `${JSON.stringify(lineOf(trial, answer))}\n`),
  };
}

const headOf = (key: string): string => JSON.stringify({ format: FORMAT, key });

const wholeLines = (path: string): string[] => {
  const text = readFileSync(path, "utf8");
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .slice(0, -1);
};

function lineOf(trial: Trial, answer: TrialAnswer | undefined): KeptTrial {
  if (!answer) return { trial };
  const { parts, decided, assumed } = answer;
  return { trial, detail: { assumed, ...(parts && { parts }), ...(decided && { decided }) } };
}
