/** What a factor is called wherever one is named. */
import { z } from "@hono/zod-openapi";

/** `atr_14_1m`, or another instrument's at its last closed bar: `rv_20_1d@SPOT:BTCUSDT`. */
export const FactorId = z.string().regex(/^[a-z][a-z0-9_]{0,47}(@(SPOT|FUT):[A-Z0-9]{2,24})?$/, "is no factor id");
