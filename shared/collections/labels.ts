/** What S7 keeps: what each signal earned by each horizon, what could not be told, and how far it has come. */
import { z } from "@hono/zod-openapi";
import { Account, Decimal, InstrumentId } from "../domain/instrument.ts";
import { Side } from "../domain/order.ts";
import { HORIZONS_H, type HorizonH, LABEL_CLASSES } from "../trading/labels/outcome.ts";
import { collection, RECORDS_DAYS } from "./declare.ts";

export const LabelHorizon = z.union([z.literal(HORIZONS_H[0]), z.literal(HORIZONS_H[1]), z.literal(HORIZONS_H[2])]);

/** What one signal earned by one horizon, with what is needed to compute it again. Money is USDT. */
export const Label = z
  .object({
    signal_id: z.string(),
    horizon_h: LabelHorizon,
    account: Account,
    instrument: InstrumentId,
    strategy_id: z.string(),
    side: Side,
    class: z.enum(LABEL_CLASSES),
    /** net / margin; a fraction. */
    roi_net: z.number(),
    /** True: nothing was traded, and this is what would have come of it. */
    counterfactual: z.boolean(),
    /** Why it was decided so: "open", or the guard, rule or condition that ended it. */
    reason: z.string(),
    /** Of an entry that was decided and never filled: what became of it. */
    not_traded: z.string().optional(),
    /** Rules that fired. */
    rules: z.array(z.string()),
    regime: z.enum(["FROZEN", "NORMAL", "EXTREME"]).optional(),
    /** The signal's own time by our clock, and by the exchange's, from which the horizon runs to `until`. */
    ts: z.number(),
    t0: z.number(),
    until: z.number(),
    qty: Decimal,
    entry_price: Decimal,
    entry_at: z.number(),
    /** Of what had been sold by then, or the mark where nothing had. */
    exit_price: Decimal.optional(),
    exit_at: z.number().optional(),
    /** mark: still open at the horizon. Of a trade as it ended, of a counterfactual stop or take_profit. */
    exit_reason: z.string(),
    /** What was still open at the horizon, and the last close before it. */
    open_qty: Decimal,
    mark_price: Decimal.optional(),
    stop_price: Decimal.optional(),
    take_profit_price: Decimal.optional(),
    leverage: z.number(),
    margin_usdt: Decimal,
    gross_usdt: Decimal,
    /** Those of the fills, and a taker's for what was marked. */
    fees_usdt: Decimal,
    /** Signed: what the wallet gained. */
    funding_usdt: Decimal,
    /** gross − fees + funding. */
    net_usdt: Decimal,
    trade_id: z.string().optional(),
    fills: z.number().int(),
    /** NONE: the trade had ended, and no market price was needed. */
    price_source: z.enum(["EXCHANGE_KLINES_1M", "NONE"]),
    config_rev: z.number().int(),
    /** SHA-256 of all that it was computed from: the same inputs give the same label. */
    inputs_hash: z.string(),
    /** 1, and one more with each correction. */
    revision: z.number().int(),
    computed_at: z.number(),
  })
  .openapi("Label");
export type Label = z.output<typeof Label>;

const labelsOf = (name: string, hours: HorizonH) =>
  collection({
    name,
    about: `What each signal earned within ${hours} hours`,
    owner: "s07",
    schema: Label,
    key: (label: Label) => label.signal_id,
    indexes: [["ts"], ["instrument", "ts"], ["strategy_id", "ts"], ["class", "ts"], ["counterfactual", "ts"]],
    shardKey: "instrument",
    retentionDays: RECORDS_DAYS,
    retentionField: "ts",
  });
export const labels12h = labelsOf("labels_12h", 12);
export const labels24h = labelsOf("labels_24h", 24);
export const labels36h = labelsOf("labels_36h", 36);
export const LABELS = { 12: labels12h, 24: labels24h, 36: labels36h } as const satisfies Record<HorizonH, unknown>;

export const GAP_CODES = ["PRICE_GAP", "TRADE_UNSETTLED", "CONFIG_MISSING", "NOT_LISTED", "NOTHING_TO_TRADE"] as const;
export const GapCode = z.enum(GAP_CODES);
export type GapCode = z.output<typeof GapCode>;

/** A signal whose horizon has passed and that has no label yet, with the reason; NOTHING_TO_TRADE stays without one. */
export const LabelGap = z
  .object({
    gap_id: z.string(),
    signal_id: z.string(),
    horizon_h: LabelHorizon,
    instrument: InstrumentId,
    strategy_id: z.string(),
    code: GapCode,
    detail: z.string(),
    /** SETTLED: looked at no more, unless it is forced. */
    state: z.enum(["OPEN", "SETTLED"]),
    tries: z.number().int(),
    next_try_at: z.number(),
    /** Of the signal. */
    ts: z.number(),
    first_at: z.number(),
    updated_at: z.number(),
  })
  .openapi("LabelGap");
export type LabelGap = z.output<typeof LabelGap>;
export const gapKey = (horizonH: HorizonH, signal_id: string): string => `${horizonH}h/${signal_id}`;
export const labelGaps = collection({
  name: "label_gaps",
  about: "Signals whose horizon has passed without a label yet, and why",
  owner: "s07",
  schema: LabelGap,
  key: (gap) => gap.gap_id,
  indexes: [
    ["horizon_h", "ts"],
    ["horizon_h", "code", "ts"],
    ["state", "next_try_at"],
  ],
  retentionDays: RECORDS_DAYS,
  retentionField: "ts",
});

/** A backfill that somebody asked for: what it is about, and how far it has come. */
export const LabelJob = z
  .object({
    job_id: z.string(),
    horizon_h: LabelHorizon,
    /** Of the signals, epoch ms. */
    from_ts: z.number(),
    to_ts: z.number(),
    signal_ids: z.array(z.string()).optional(),
    force: z.boolean(),
    state: z.enum(["QUEUED", "RUNNING", "DONE", "CANCELED"]),
    /** Signals that it is about, and those looked at so far. */
    total: z.number().int(),
    done: z.number().int(),
    updated: z.number().int(),
    /** Labelled already, or the same again. */
    skipped: z.number().int(),
    /** Signals that wanted no side: there is nothing to label. */
    without_side: z.number().int(),
    failed: z.number().int(),
    /** The first of those that failed, each with why. */
    errors: z.array(z.object({ signal_id: z.string(), code: z.string(), detail: z.string() })),
    /** Where to go on after a restart. */
    cursor: z.string().optional(),
    /** What keeps it from going on just now. */
    waiting_for: z.string().optional(),
    actor: z.string(),
    created_at: z.number(),
    started_at: z.number().optional(),
    ended_at: z.number().optional(),
  })
  .openapi("LabelJob");
export type LabelJob = z.output<typeof LabelJob>;
export const labelJobs = collection({
  name: "label_jobs",
  about: "Backfills of labels that somebody asked for",
  owner: "s07",
  schema: LabelJob,
  key: (job) => job.job_id,
  indexes: [["created_at"], ["state", "created_at"]],
  retentionDays: RECORDS_DAYS,
  retentionField: "created_at",
});

export const labelMarks = collection({
  name: "label_marks",
  about: "Small durable facts of S7: up to which signal each horizon has been looked at",
  owner: "s07",
  schema: z.object({ id: z.string(), upto_ts: z.number(), ts: z.number() }),
  key: (mark) => mark.id,
});
