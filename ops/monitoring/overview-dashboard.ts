/** The dashboard of the whole: health, services, objectives, streams, the exchange. */
import { OBJECTIVES } from "../../shared/trading/health/slo.ts";
import { type Dashboard, line, page, q, type Row, stat, table } from "./panel.ts";
import { badShare } from "./recording-rules.ts";

const HEALTH = page("Health page", "/status");
const HOUR_MS = 3_600_000;

const now: Row = {
  title: "Now",
  panels: [
    stat(
      "Health level",
      ["What trading follows: sizes, styles, entries. RED: no entries.", "none", q("max(chimera_health_level)")],
      {
        words: [
          ["GREEN", "green"],
          ["YELLOW", "yellow"],
          ["ORANGE", "orange"],
          ["RED", "red"],
        ],
        links: [HEALTH],
      },
    ),
    stat(
      "Services that answer",
      ["Of the twelve, those that answered S11 last.", "none", q("sum(max by (of) (chimera_service_up))")],
      {
        limits: [
          [null, "red"],
          [12, "green"],
        ],
        links: [HEALTH],
      },
    ),
    stat(
      "Kill switch",
      ["On: nothing that opens or enlarges a position leaves.", "none", q("max(chimera_kill_switch)")],
      {
        words: [
          ["off", "green"],
          ["ON", "red"],
        ],
        links: [page("Overview page", "/overview")],
      },
    ),
    stat("Config revision", ["In force for all.", "none", q('max(chimera_config_rev{arm="STABLE"})')], {
      links: [page("Config page", "/config")],
    }),
    stat(
      "Dead letters",
      [
        "Messages that were put aside since services failed at them.",
        "none",
        q("sum(chimera_stream_dead_letters) or vector(0)"),
      ],
      {
        limits: [
          [null, "green"],
          [1, "red"],
        ],
      },
    ),
    stat(
      "Alerts of the last hour",
      [
        "ERROR and FATAL, repeats included; the inbox has them.",
        "none",
        q('sum(increase(chimera_alerts_total{severity=~"ERROR|FATAL"}[1h])) or vector(0)'),
      ],
      {
        limits: [
          [null, "green"],
          [1, "orange"],
        ],
        links: [HEALTH],
      },
    ),
  ],
};

const health: Row = {
  title: "Health and objectives",
  panels: [
    line("Health level", ["0 green, 1 yellow, 2 orange, 3 red.", "none", q("max(chimera_health_level)", "level")], {
      max: 3,
      links: [HEALTH],
    }),
    line(
      "Error budgets: burn rate of an hour",
      [
        "1 uses the budget of 30 days up in exactly 30 days; from 14.4 on somebody is called.",
        "none",
        OBJECTIVES.filter(({ objective }) => objective < 1).map(({ slo_id, title, objective }) =>
          q(`${badShare(HOUR_MS)}{slo="${slo_id}"} / ${Number((1 - objective).toPrecision(9))}`, title),
        ),
      ],
      {
        limits: [
          [null, "green"],
          [14.4, "red"],
        ],
        links: [HEALTH],
      },
    ),
    line(
      "Error budgets: what is left",
      [
        "Of the budget of the last 30 days; below 0 it is overspent.",
        "percentunit",
        q("slo:chimera_slo_error_budget_left:ratio30d", "{{slo}}"),
      ],
      { max: 1, links: [HEALTH] },
    ),
    table("Figures behind the level", [
      "Those with enough data; docs/guide/health.md says what each is and wants.",
      "none",
      q("max by (name, of) (chimera_health_reading)"),
    ]),
    table("Effects beside the level", [
      "1 while it changes what is done.",
      "none",
      q("max by (name) (chimera_health_effect)"),
    ]),
  ],
};

const streams: Row = {
  title: "Streams",
  panels: [
    line("Entries that wait", [
      "Not yet acknowledged, by who is to take them; pages that look on left out.",
      "none",
      q('max by (stream, group) (chimera_stream_pending{group!~".*-live-.*"}) > 0', "{{stream}} {{group}}"),
    ]),
    line(
      "Age of the oldest that waits",
      [
        "Over 30 s on orders, account or config the level is RED.",
        "ms",
        q('max by (stream, group) (chimera_stream_oldest_ms{group!~".*-live-.*"}) > 0', "{{stream}} {{group}}"),
      ],
      {
        limits: [
          [null, "green"],
          [30_000, "red"],
        ],
      },
    ),
    line("Handlers and jobs that threw", [
      "A second; a message of a reliable stream comes again.",
      "ops",
      q("sum by (service, where) (rate(chimera_failures_total[$__rate_interval]))", "{{service}} {{where}}"),
    ]),
  ],
};

const exchange: Row = {
  title: "Exchange",
  panels: [
    line("Age of market data", [
      "Since the newest frame of each instrument; over 10 s it is not fresh.",
      "ms",
      q("max by (instrument) (chimera_market_age_ms)", "{{instrument}}"),
    ]),
    line(
      "Request weight",
      [
        "Used this minute; the exchange allows 6,000 on spot and 2,400 on futures.",
        "none",
        q("max by (market) (chimera_exchange_used_weight)", "{{market}}"),
      ],
      {
        limits: [
          [null, "green"],
          [1_920, "orange"],
        ],
      },
    ),
    line(
      "Answers to orders",
      [
        "Time from sending an order to the exchange's answer; 800 ms is the objective.",
        "ms",
        [0.5, 0.95, 0.99].map((share) =>
          q(
            `histogram_quantile(${share}, sum by (le) (rate(chimera_order_ack_ms_bucket[$__rate_interval])))`,
            `p${share * 100}`,
          ),
        ),
      ],
      {
        limits: [
          [null, "green"],
          [800, "red"],
        ],
        links: [page("Orders page", "/orders")],
      },
    ),
    line("Frames", [
      "Market data that came, a second.",
      "ops",
      q("sum by (market, kind) (rate(chimera_market_frames_total[$__rate_interval]))", "{{market}} {{kind}}"),
    ]),
    line("Connections", [
      "1 while open. S1 connects anew by itself.",
      "none",
      q("max by (socket) (chimera_socket_up)", "{{socket}}"),
    ]),
    line(
      "Clock",
      ["Exchange time minus ours.", "ms", q("max by (market) (chimera_exchange_clock_offset_ms)", "{{market}}")],
      { min: -1_000, max: 1_000 },
    ),
  ],
};

export const OVERVIEW: Dashboard = {
  uid: "chimera-overview",
  title: "Chimera: overview",
  about: "Whether the system is well: health, services, objectives, streams, the exchange.",
  variables: [],
  rows: [now, health, streams, exchange],
};
