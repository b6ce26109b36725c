/** What each field of a bundle is for, as editors show it beside the field; by the sort of thing it belongs to. */

type Help = Readonly<Record<string, string>>;

const REGIMES: Help = {
  FROZEN: "In the calmest tenth of days by volatility.",
  NORMAL: "In all days between.",
  EXTREME: "In the wildest tenth of days.",
};

const bundle: Help = {
  format: "Always 1: the form of this document.",
  bundle_id: "The name of the line of revisions: small letters, digits, hyphens.",
  rev: "The revision: higher than every one that is stored.",
  extends: "Content hash of a stored revision: the draft then holds only what differs, and is stored whole.",
  note: "Why this revision was made; shown wherever it is.",
  factors: "The factors that are kept ready; conditions may name only these, and `side` in rules.",
  strategies: "When to enter, with what size, and how to manage what was opened.",
  rules: "What makes an entry smaller, larger, or no entry, weighed for every strategy by priority.",
  instruments: "What may be traded, with what an entry asks of its book.",
  flags: "Limits and settings of the whole system, by section.",
};
const strategy: Help = {
  strategy_id: "The name: small letters, digits, hyphens. Rules, trades and reports use it.",
  title: "What it does, in a few words.",
  enabled: "Disabled, it opens nothing; what it has opened is managed on.",
  instruments: "What it trades; each must be among the bundle's instruments.",
  triggers: "When it looks: each close of a bar, or a factor crossing a level.",
  long: "The entry condition of a long.",
  short: "The entry condition of a short; never true for spot.",
  program: "A registered program in place of both conditions and of a model.",
  model: "A registered model that has its say after the rules.",
  sizing: "Where it differs from flags.sizing.",
  position: "Where it differs from flags.position.",
};
const trigger: Help = {
  kind: "bar: at each close of a bar. cross: when a factor crosses a level.",
  timeframe: "The bar's length: 5s, 1m, 1h, …",
  factor: "The factor that crosses.",
  level: "The level it crosses: up from below to it or above, down from above to it or below.",
  direction: "Which way it crosses.",
  cooldown_ms: "After it has fired it waits so long, in exchange time.",
};
const program: Help = { program_id: "The registered program.", hash: "SHA-256 of its source: exactly that one runs." };
const model: Help = {
  model_id: "The registered model.",
  hash: "SHA-256 of its file: exactly that one is asked.",
  cutoffs: "The greatest p_min that the probability reaches tells the size; below all of them there is no entry.",
  deadline_ms: "A model that takes longer has no say.",
};
const cutoff: Help = { p_min: "From this probability on.", size_mult: "The size is multiplied by this." };
const condition: Help = {
  f: "The factor, or `side` in rules: 1 for a long, -1 for a short.",
  op: "How it is compared; in and notIn take a list.",
  v: "The number it is compared with; a list for in and notIn.",
  vf: "The factor it is compared with.",
  allOf: "All of these hold.",
  anyOf: "At least one of these holds.",
  not: "This does not hold.",
};
const sizing: Help = {
  margin_usdt: "Margin of a futures entry, USDT, before rules make it smaller or larger.",
  leverage: "Notional = margin × leverage × size.",
  atr: "The factor whose value is the ATR of the stop.",
  stop_atrs: "Distance of the stop in ATRs, by regime.",
  loss_cap_usdt: "The stop is never farther than where this is lost, USDT, fees not counted.",
  take_profit_roe: "Net profit after fees and expected funding at which the target stands, as a share of margin.",
  spot_notional_usdt: "Quote budget of a spot entry, USDT.",
};
const position: Help = {
  break_even_roe: "At this return on margin the stop goes to break-even: entry and fees.",
  lock_steps_roe: "Returns on margin: past each, the stop locks the one before it.",
  stages: "Parts that are closed on the way.",
  adds_max: "How often more may be bought while it wins.",
  add_roe: "An add wants this return, and as much again on top for each one after it.",
  add_share: "Size of an add, as a share of the first entry.",
  stagnate_ms: "A trade that has gone nowhere for so long is closed.",
  stagnate_roe: "Nowhere: its return stayed below this.",
  liquidation_distance_min: "Least distance of the liquidation price, as a share of the price.",
};
const stage: Help = { roe: "At this return on margin.", close: "This share of the entry is closed." };
const rule: Help = {
  rule_id: "The name: small letters, digits, hyphens.",
  priority: "Lower numbers are weighed first.",
  enabled: "Disabled, it is not weighed.",
  strategies: "Whose entries it weighs; empty: all.",
  when: "When it fires. Where a factor has no value it does not.",
  effect: "What it does when it fires.",
  note: "Why it is there.",
};
const effect: Help = {
  size_mult: "The size is multiplied by this; all rules together stay within 0.5 and 1.2.",
  tp_mult: "The target's return is multiplied by this; together within 0.5 and 1.5.",
  sl_mult: "The stop's distance is multiplied by this; together within 0.8 and 2.5.",
  skip_entry: "No entry; later rules are not weighed.",
  max_adds_override: "At most so many adds; the smallest of all rules that fired counts.",
};
const instrument: Help = {
  instrument: "SPOT: or FUT: and the symbol.",
  enabled: "Disabled, nothing is opened on it.",
  spread_bps_max: "No entry while the spread is wider, basis points.",
  depth_top1_usdt_min: "No entry while less than this rests at the best price, USDT.",
};
const flags: Help = {
  execution: "How entries are worked, and what they cost.",
  risk: "What stops new entries by itself.",
  sizing: "Size, stop and target where a strategy says nothing.",
  position: "How open trades are managed where a strategy says nothing.",
  health: "How carefully is traded while the system feels unwell.",
  backtest_guard: "How far reality may be from what backtests assume.",
  promotion: "What a revision must pass before it is in force, and what takes it back.",
  treasury: "Moving funds between the account's own wallets.",
  reconciliation: "Comparing our books with the exchange's.",
};
const execution: Help = {
  maker_spread_bps_max: "Up to this spread an entry is posted first, basis points.",
  maker_depth_usdt_min: "At least so much must rest at the best prices for an entry to be posted, USDT.",
  maker_wait_ms: "How long a posted entry waits before the rest is taken.",
  maker_wait_add_ms: "Added to the wait, by regime.",
  maker_fill_min: "With this share filled, the wait goes on.",
  maker_fill_share: "Share of a posted quantity that is expected to be filled, until own posts tell.",
  maker_posts_min: "Own posts that it takes to tell.",
  maker_ratio_min: "Below this share filled in the newest posts there are takers only, for maker_rest_ms.",
  maker_rest_ms: "How long there are takers only.",
  maker_fee: "Futures maker fee, a fraction of notional.",
  taker_fee: "Futures taker fee, a fraction of notional.",
  spot_maker_fee: "Spot maker fee, a fraction of notional.",
  spot_taker_fee: "Spot taker fee, a fraction of notional.",
  taker_slippage_bps: "Expected slippage of a taker order, basis points of notional, until own fills tell.",
  twap_slices: "Rows of notional and slices: an order up to the notional goes in so many slices.",
  twap_interval_ms: "Time between slices.",
  twap_jitter: "Each slice comes earlier or later by up to this share of the interval.",
  twap_spread_factor: "A slice waits while the spread is more than so many times its hourly mean.",
  twap_wait_ms_max: "A slice waits at most so long.",
  shrink_tries_max: "With too little balance an order shrinks at most so often.",
  shrink_wait_ms: "Wait before the first smaller try; each later one doubles it.",
  cost_fills_min: "Own fills that a cost curve wants before it is believed.",
  entry_valid_ms: "An entry that was not worked within this is dropped.",
  breaker_fail_share: "From this share of failed orders on, the breaker opens.",
  breaker_window_ms: "Over this time the share is counted.",
  breaker_open_ms: "The breaker stays open so long.",
};
const risk: Help = {
  budget_usdt: "Worst-case loss of all open trades and running entries together, USDT.",
  entries_per_market_max: "Open trades on spot, and on futures, at most.",
  daily_loss_usdt_max: "After this loss within a UTC day there are no more entries, USDT.",
  drawdown_max: "From this share below the account's peak on there are no more entries.",
  losses_in_row_max: "After so many losses in a row there are no more entries.",
  cooldown_after_stop_ms: "After a stop its instrument waits so long.",
  exposure_instrument_usdt_max: "Notional open on one instrument, USDT, at most.",
  exposure_total_usdt_max: "Notional open in all, USDT, at most.",
  correlated: "Groups of instruments that move together, each with a limit of its own.",
  funding_rate_abs_max: "No entry while the next funding rate is beyond this, either way.",
  features_age_ms_max: "No entry on features older than this.",
  trading_hours_utc: "Hours in which entries are allowed, [from, to) each; over midnight too; empty: always.",
};
const group: Help = {
  instruments: "The instruments of the group.",
  exposure_usdt_max: "Notional open on all of them, USDT, at most.",
};
const health: Help = {
  yellow_size_mult: "Size of entries on YELLOW.",
  orange_size_mult: "Size of entries on ORANGE.",
  orange_slices_mult: "On ORANGE an order goes in this many times as many slices.",
  kill_on_fatal: "Codes of FATAL alerts that turn the kill switch on by themselves; empty: none does.",
};
const backtest_guard: Help = {
  enabled: "Whether it is watched at all.",
  window_days: "Over so many days.",
  fills_min: "Fills of own orders that it takes to say anything.",
  slippage_mape_max: "Mean absolute difference of slippage from the cost curve's, as a share of the curve's.",
  taker_share_difference_max: "Difference of the takers' share from what backtests assume.",
  latency_p95_difference_ms_max: "Difference of the 95th percentile of latency from what backtests assume.",
  no_entries_after_days: "Beyond them for so many days: no entries.",
};
const promotion: Help = {
  steps_required: "FULL only after a canary and a ramp of the same content stood.",
  skip_share_max: "Share of recent signals that rules may skip.",
  size_up_share_max: "Share of recent signals that may become larger.",
  similarity_min: "Likeness (Jaccard) of the opened signals to those of the revision in force, at least.",
  robustness_min: "Share of decisions that small changes of factors leave as they are, at least.",
  signals_min: "Signals that it takes to say anything about these four.",
  trades_min: "Closed trades of each arm that it takes to compare their profit.",
  drawdown_usdt_max:
    "The revision's drawdown from its own peak as canary and ramp, USDT, at most; judged from its first closed trade on.",
  watch_drawdown_usdt_max:
    "The same through all its steps once it is in force for all; absent: four times drawdown_usdt_max, as it has all triggers.",
  roe_worse_max: "How much worse the canary's mean return of a trade may surely be than the others'.",
  reject_rate_max:
    "Share of entries that were refused or came to nothing, at most; beyond the share of the others, where enough is known.",
  entries_min: "Entries that it takes to judge that share.",
  auc_min: "AUC of the canary's model over its own labels, at least.",
  brier_max: "Brier score of the canary's model over its own labels, at most.",
  labels_min: "Labels that it takes to judge the model.",
  watch_hours: "Hours for which what comes after this revision is watched once it is in force for all; 0: not at all.",
};
const treasury: Help = {
  auto_transfer: "Services may ask for funds by themselves.",
  min_free_fut_usdt: "Free futures margin below this is topped up to it, USDT.",
  spot_buffer_usdt: "What must stay free on spot, USDT.",
  cooldown_ms: "Least time between two transfers.",
  policy_transfer_usdt_max: "Up to here a service's request is approved by policy, USDT; above it a person decides.",
  policy_day_usdt_max: "What policy approves within a UTC day, USDT, at most.",
  transfer_usdt_max: "Above this nobody moves anything at once, USDT.",
  day_usdt_max: "Above this nobody moves anything within a UTC day, USDT.",
};
const reconciliation: Help = {
  every_ms: "Time between two comparisons.",
  orphan_policy: "What is done with orders that nobody here knows: told (CONSERVATIVE), or canceled where it is safe.",
  time_window_h: "How far back is compared, hours.",
};

/** The fields of each place; `[]` stands for any item of a list. */
export const BUNDLE_HELP: Readonly<Record<string, Help>> = {
  "": bundle,
  "strategies[]": strategy,
  "strategies[].triggers[]": trigger,
  "strategies[].program": program,
  "strategies[].model": model,
  "strategies[].model.cutoffs[]": cutoff,
  ...Object.fromEntries(
    ["strategies[].", "flags."].flatMap((at) => [
      [`${at}sizing`, sizing],
      [`${at}sizing.stop_atrs`, REGIMES],
      [`${at}position`, position],
      [`${at}position.stages[]`, stage],
    ]),
  ),
  "rules[]": rule,
  "rules[].effect": effect,
  "instruments[]": instrument,
  flags,
  "flags.execution": execution,
  "flags.execution.maker_wait_add_ms": REGIMES,
  "flags.risk": risk,
  "flags.risk.correlated[]": group,
  "flags.health": health,
  "flags.backtest_guard": backtest_guard,
  "flags.promotion": promotion,
  "flags.treasury": treasury,
  "flags.reconciliation": reconciliation,
  Condition: condition,
};
