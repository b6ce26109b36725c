/** The exchange's refusals in the words that the order path reads: too little balance, a price already reached. */
import type { Refusal, Refused } from "../engine/checks.ts";
import { Problem } from "../errors.ts";

const WORDS: Partial<Record<Refused, string>> = {
  NO_BALANCE: "-2010: Account has insufficient balance for requested action.",
  NO_MARGIN: "-2019: Margin is insufficient.",
  WOULD_TAKE: "-2010: Order would immediately match and take.",
  WOULD_TRIGGER: "-2021: Order would immediately trigger.",
  OCO_PRICES: "-2010: The relationship of the prices for the orders is not correct.",
  REDUCE_ONLY: "-2022: ReduceOnly Order is rejected.",
};

export const refusedAs = ({ why }: Refusal): Problem =>
  new Problem("EXCHANGE_REFUSED", `The exchange refused: ${WORDS[why] ?? why}`);
