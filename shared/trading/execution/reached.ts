/** What a refusal says of a stop or target whose price the market has reached already. */
import type { Problem } from "../../errors.ts";

/**
 * What an exchange says when a stop or target lies on the wrong side of the market already: the price has been there,
 * so the position should be closed. A spot target is a maker order and "would match"; of a spot pair, the market must
 * lie between both prices, else their "relationship … is not correct".
 */
export const isReached = (problem: Problem): boolean =>
  /-2021|immediately trigger|trigger immediately|immediately match|relationship of the prices/i.test(problem.message);
export const isTargetReached = (problem: Problem): boolean => /immediately match/i.test(problem.message);
