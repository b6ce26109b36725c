/** What the answers of all shards are together: one budget, one word on the kill switch. */
import type { z } from "@hono/zod-openapi";
import type { Budget, KillAnswer } from "../../shared/contracts.ts";
import { type Amount, dec, show, sum } from "../../shared/domain/money.ts";
import { assert } from "../../shared/errors.ts";

type BudgetAnswer = z.output<typeof Budget>;

/** The limit is the account's and counts once; what each shard's trades and entries take adds up. */
export function budgetTogether(answers: readonly BudgetAnswer[]): BudgetAnswer {
  const [first] = answers;
  assert(first, "there is at least one shard");
  const total = (of: (answer: BudgetAnswer) => Amount): string => show(sum(answers.map(of)));
  return {
    ...first,
    used_usdt: total((answer) => dec(answer.used_usdt)),
    reserved_usdt: total((answer) => dec(answer.reserved_usdt)),
    open_positions: answers.reduce((count, answer) => count + answer.open_positions, 0),
  };
}

/** Stored is what every shard has stored. */
export const killTogether = (answers: readonly z.output<typeof KillAnswer>[]): z.output<typeof KillAnswer> => ({
  epoch: Math.min(...answers.map((answer) => answer.epoch)),
  outstanding: answers.flatMap((answer) => answer.outstanding),
});
