/** What a backtest remembers of its decisions: how many of each, a hash over all of them, and the whole ones if asked. */
import { createHash } from "node:crypto";
import { canonicalJson } from "../domain/canonical.ts";
import type { Decision } from "../domain/decision.ts";

/** Opened ones count with all they say. Of the others, which are most, why and how far the guards and rules came. */
const lineOf = (decision: Decision): string => {
  const { signal_id, decision: action, guards, rules, ts } = decision;
  if (action.action === "open") return canonicalJson(decision);
  return `${signal_id} ${ts} ${action.reason} ${action.size_mult} ${guards.length} ${rules.length}`;
};

/** In characters. */
const LINES_MAX = 65_536;

export class DecisionRecord {
  open = 0;
  readonly skip: Record<string, number> = {};
  /** Only where asked for: a year of them fills the memory. */
  readonly kept: Decision[] = [];
  private readonly keeps: boolean;
  private readonly hash = createHash("sha256");
  /** Not in the hash yet: many at a time cost less. */
  private lines = "";

  constructor(keeps: boolean) {
    this.keeps = keeps;
  }

  note(decision: Decision): void {
    const { action, reason } = decision.decision;
    if (action === "open") this.open++;
    else this.skip[reason] = (this.skip[reason] ?? 0) + 1;
    this.lines += `${lineOf(decision)}\n`;
    if (this.lines.length > LINES_MAX) this.hashLines();
    if (this.keeps) this.kept.push(decision);
  }

  private hashLines(): void {
    this.hash.update(this.lines);
    this.lines = "";
  }

  /** SHA-256 in hex over all decisions so far and what is `beside` them; to be asked once, at the end. */
  hashWith(beside: unknown): string {
    this.hashLines();
    return this.hash.update(canonicalJson(beside)).digest("hex");
  }
}
