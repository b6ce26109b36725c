/** Where a program's state is kept, each program's for itself: written in the commit of the decision it was made by. */
import { put } from "../../shared/changes.ts";
import { strategyMarks } from "../../shared/collections/signals.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import type { Op } from "../../shared/kit/ports.ts";

type About = Pick<Decision, "strategy_id" | "instrument">;

/** By its hash too: two arms may have different programs for a strategy, and neither must lose what it remembers. */
export const programMark = ({ strategy_id, instrument }: About, hash: string): string =>
  `program/${strategy_id}/${instrument}/${hash}`;

export function stateOps({ program, ts, ...about }: Decision): Op[] {
  if (!program || program.trouble) return [];
  const { hash, state } = program;
  return [put(strategyMarks, { id: programMark(about, hash), value: { state }, ts })];
}
