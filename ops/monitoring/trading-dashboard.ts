/** The dashboard of trading: what it earns and risks, how orders fare, what was decided, by instrument and strategy. */
import { type Dashboard, line, page, q, type Row, stat } from "./panel.ts";

const POSITIONS = page("Positions page", "/positions");
const ORDERS = page("Orders page", "/orders");
const TRADES = page("Trades page", "/trades");

/** Of the instruments and strategies that are chosen. */
const CHOSEN = 'instrument=~"$instrument",strategy_id=~"$strategy"';
const BY = "instrument, strategy_id";
const NAMED = "{{instrument}} {{strategy_id}}";
const grown = (metric: string, more = "", by = BY): string =>
  `sum by (${by}) (increase(${metric}{${CHOSEN}${more}}[1h]))`;
const net = (metric: string, [plus, minus]: readonly [string, string], by = BY): string => {
  const of = (direction: string) =>
    `(${grown(metric, `,direction="${direction}"`, by)} or 0 * ${grown(metric, "", by)})`;
  return `${of(plus)} - ${of(minus)}`;
};

const account: Row = {
  title: "Account",
  panels: [
    stat("Equity", ["What the account is worth.", "currencyUSD", q("max by (account) (chimera_equity_usdt)")]),
    stat("Today", [
      "Result of this UTC day, open trades included.",
      "currencyUSD",
      q("max by (account) (chimera_pnl_today_usdt)"),
    ]),
    stat("Drawdown", ["Equity below its highest.", "percentunit", q("max by (account) (chimera_drawdown_ratio)")], {
      limits: [
        [null, "green"],
        [0.1, "orange"],
        [0.2, "red"],
      ],
    }),
    stat("Open positions", ["Instruments on which something is held.", "none", q("sum(chimera_open_positions)")], {
      links: [POSITIONS],
    }),
    stat("Unrealised", [
      "Open trades at what they would close at.",
      "currencyUSD",
      q("sum(chimera_unrealised_pnl_usdt) or vector(0)"),
    ]),
    stat(
      "Risk budget used",
      [
        "What open positions and running entries may lose at worst, of what the config allows.",
        "percentunit",
        q(
          "sum by (account) (chimera_risk_budget_used_usdt + chimera_risk_budget_reserved_usdt) / max by (account) (chimera_risk_budget_usdt)",
        ),
      ],
      {
        limits: [
          [null, "green"],
          [0.9, "orange"],
          [1, "red"],
        ],
      },
    ),
    line(
      "Equity",
      ["What the account is worth.", "currencyUSD", q("max by (account) (chimera_equity_usdt)", "{{account}}")],
      { min: null },
    ),
    line(
      "Drawdown",
      [
        "Equity below its highest, as a share.",
        "percentunit",
        q("max by (account) (chimera_drawdown_ratio)", "{{account}}"),
      ],
      {
        limits: [
          [null, "green"],
          [0.2, "red"],
        ],
      },
    ),
    line(
      "Risk budget",
      [
        "Allowed, taken by positions, kept for running entries.",
        "currencyUSD",
        [
          q("max(chimera_risk_budget_usdt)", "allowed"),
          q("sum(chimera_risk_budget_used_usdt)", "positions"),
          q("sum(chimera_risk_budget_reserved_usdt)", "running entries"),
        ],
      ],
      {},
    ),
  ],
};

const signed = { min: null };
const results: Row = {
  title: "Results",
  panels: [
    line(
      "Closed trades, net of an hour",
      ["After fees and funding.", "currencyUSD", q(net("chimera_closed_pnl_usdt_total", ["gain", "loss"]), NAMED)],
      { ...signed, links: [TRADES] },
    ),
    line(
      "Realised of an hour",
      [
        "Before fees and funding, as fills are booked.",
        "currencyUSD",
        q(net("chimera_realised_pnl_usdt_total", ["gain", "loss"]), NAMED),
      ],
      signed,
    ),
    line(
      "Unrealised",
      [
        "Open trades at what they would close at.",
        "currencyUSD",
        q(`sum by (${BY}) (chimera_unrealised_pnl_usdt{${CHOSEN}})`, NAMED),
      ],
      { ...signed, links: [POSITIONS] },
    ),
    line(
      "Exposure",
      [
        "Value held; above 0 long, below it short.",
        "currencyUSD",
        q(`sum by (${BY}) (chimera_exposure_usdt{${CHOSEN}})`, NAMED),
      ],
      { ...signed, stacked: true, links: [POSITIONS] },
    ),
    line(
      "Fees of an hour",
      ["Paid; rebates taken off.", "currencyUSD", q(net("chimera_fees_usdt_total", ["paid", "received"]), NAMED)],
      signed,
    ),
    line(
      "Funding of an hour",
      [
        "Received; above 0 it earned.",
        "currencyUSD",
        q(net("chimera_funding_usdt_total", ["received", "paid"]), NAMED),
      ],
      signed,
    ),
    line("Trades that closed in an hour", [
      "By why they closed and whether they earned anything.",
      "none",
      q(grown("chimera_trades_closed_total", "", "exit_reason, outcome"), "{{exit_reason}} {{outcome}}"),
    ]),
    line("Volume of an hour", [
      "Value bought and sold, by whether it made or took.",
      "currencyUSD",
      q(grown("chimera_volume_usdt_total", "", "instrument, liquidity"), "{{instrument}} {{liquidity}}"),
    ]),
    line(
      "Slippage",
      [
        "Mean of an hour against the mid as orders were sent, weighted by value; above 0 it cost.",
        "none",
        q(`instrument_strategy:chimera_slippage_bps:avg1h{${CHOSEN}}`, `${NAMED} bps`),
      ],
      signed,
    ),
  ],
};

const orders: Row = {
  title: "Orders and decisions",
  panels: [
    line(
      "Orders that filled",
      [
        "Share of the orders that ended, by kind: cancelled stops and targets are no failure.",
        "percentunit",
        q(
          `${grown("chimera_orders_total", ',status="FILLED"', "kind")} / (${grown("chimera_orders_total", "", "kind")} > 0)`,
          "{{kind}}",
        ),
      ],
      { max: 1, links: [ORDERS] },
    ),
    line(
      "Entries by what they came to",
      ["Of an hour.", "none", q(grown("chimera_intents_total", ',kind=~"ENTRY|ADD"', "status"), "{{status}}")],
      { links: [ORDERS] },
    ),
    line(
      "Orders that the exchange rejected",
      ["Share of a quarter of an hour.", "percentunit", q("kind:chimera_orders_rejected:ratio_rate15m", "{{kind}}")],
      {
        limits: [
          [null, "green"],
          [0.05, "red"],
        ],
        links: [ORDERS],
      },
    ),
    line("Fills that rested", [
      "Share of fills that made, not took.",
      "percentunit",
      q(
        `(${grown("chimera_fills_total", ',liquidity="maker"', "strategy_id")} or 0 * ${grown("chimera_fills_total", "", "strategy_id")}) / (${grown("chimera_fills_total", "", "strategy_id")} > 0)`,
        "{{strategy_id}}",
      ),
    ]),
    line(
      "Decisions by reason",
      [
        "What was decided on signals, and why, a minute.",
        "none",
        q(
          'sum by (action, reason) (rate(chimera_decisions_total{strategy_id=~"$strategy"}[$__rate_interval])) * 60',
          "{{action}} {{reason}}",
        ),
      ],
      { links: [page("Decisions page", "/decisions")] },
    ),
    line("Signals", [
      "A minute, by strategy.",
      "none",
      q(
        'sum by (strategy_id) (rate(chimera_signals_total{strategy_id=~"$strategy"}[$__rate_interval])) * 60',
        "{{strategy_id}}",
      ),
    ]),
    line("Time to decide", [
      "From a signal in hand to its decision.",
      "ms",
      [0.5, 0.99].map((share) =>
        q(
          `histogram_quantile(${share}, sum by (le) (rate(chimera_decide_ms_bucket[$__rate_interval])))`,
          `p${share * 100}`,
        ),
      ),
    ]),
    line(
      "Slippage of fills",
      [
        "Quantiles of single fills, basis points; above 0 it cost.",
        "none",
        [0.5, 0.95].map((share) =>
          q(
            `histogram_quantile(${share}, sum by (le) (rate(chimera_slippage_bps_bucket{${CHOSEN}}[1h])))`,
            `p${share * 100} bps`,
          ),
        ),
      ],
      signed,
    ),
    line(
      "Books agree with the exchange",
      [
        "Share that both sides tell alike, by the newest run.",
        "percentunit",
        q("max by (mode) (chimera_reconciliation_agreement_ratio)", "{{mode}}"),
      ],
      {
        max: 1,
        limits: [
          [null, "red"],
          [0.98, "green"],
        ],
        links: [page("Reconciliation page", "/reconciliation")],
      },
    ),
  ],
};

export const TRADING: Dashboard = {
  uid: "chimera-trading",
  title: "Chimera: trading",
  about: "What trading earns, costs and risks, and how orders fare, by instrument and strategy.",
  variables: [
    { name: "instrument", label: "Instrument", metric: "chimera_volume_usdt_total", of: "instrument" },
    { name: "strategy", label: "Strategy", metric: "chimera_signals_total", of: "strategy_id" },
  ],
  rows: [account, results, orders],
};
