/** Instruments: what can be traded, its filters, and the names everything is keyed by. */
import { z } from "@hono/zod-openapi";
import { fitsWhen } from "../fits.ts";
import { DECIMAL_CHARACTERS_MAX, isDecimal } from "./money.ts";

/** A decimal string; plain finite numbers are taken too and become the string they print as. */
export const Decimal = z
  .union([z.string().max(DECIMAL_CHARACTERS_MAX), z.number()])
  .transform((value) => String(value))
  .refine(isDecimal, "must be a plain decimal, such as 12.50")
  .openapi({ type: "string", example: "12.50" });
/** A decimal string above zero. */
export const PositiveDecimal = Decimal.refine(isAboveZero, "must be above zero");
const isText = (value: unknown): value is string => typeof value === "string" && value.length <= DECIMAL_CHARACTERS_MAX;
fitsWhen(Decimal, (value) => isText(value) && isDecimal(value));
fitsWhen(PositiveDecimal, (value) => isText(value) && isAboveZero(value));

function isAboveZero(text: string): boolean {
  return isDecimal(text) && !/^[-]|^[+]?[0.]*$/.test(text);
}

export const Market = z.enum(["SPOT", "FUT"]);
export type Market = z.output<typeof Market>;

/** `FUT:BTCUSDT` or `SPOT:BTCUSDT`. */
export const InstrumentId = z
  .string()
  .regex(/^(SPOT|FUT):[A-Z0-9]{2,24}$/, "must look like FUT:BTCUSDT")
  .openapi({ example: "FUT:BTCUSDT" });
export type InstrumentId = z.output<typeof InstrumentId>;

export const marketOf = (instrument: InstrumentId): Market => (instrument.startsWith("FUT:") ? "FUT" : "SPOT");
export const symbolOf = (instrument: InstrumentId): string => instrument.slice(instrument.indexOf(":") + 1);
export const instrumentOf = (market: Market, symbol: string): InstrumentId => `${market}:${symbol}`;

/** One account in one installation for now; it is in every key from the start. */
export const Account = z.string().regex(/^[a-z0-9-]{1,32}$/);
export const DEFAULT_ACCOUNT = "main";

/** What the exchange says about an instrument; prices and quantities are decimal strings. */
export const Instrument = z
  .object({
    instrument: InstrumentId,
    market: Market,
    symbol: z.string(),
    base: z.string(),
    quote: z.string(),
    status: z.enum(["TRADING", "HALTED"]),
    tick_size: PositiveDecimal,
    step_size: PositiveDecimal,
    min_qty: Decimal,
    max_qty: Decimal,
    min_notional: Decimal,
    /** Limit prices must lie within these multiples of the mark (futures) or average price (spot). */
    price_up: Decimal.optional(),
    price_down: Decimal.optional(),
    updated_at: z.number(),
  })
  .openapi("Instrument");
export type Instrument = z.output<typeof Instrument>;
