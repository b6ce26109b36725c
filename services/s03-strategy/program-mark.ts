/** Where a program's state is kept: written in the same commit as the decision that it was made by. */
import { put } from "../../shared/changes.ts";
import { strategyMarks } from "../../shared/collections/signals.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import type { Op } from "../../shared/kit/ports.ts";

export const programMark = ({ strategy_id, instrument }: Pick<Decision, "strategy_id" | "instrument">): string =>
  `program/${strategy_id}/${instrument}`;

export function stateOps({ program, ts, ...about }: Decision): Op[] {
  if (!program || program.trouble) return [];
  const { hash, state } = program;
  return [put(strategyMarks, { id: programMark(about), value: { hash, state }, ts })];
}
