/** Alert rules of deciding: signals, features, limits, models, programs, strategies that were stopped. */
import { type AlertRule, rule } from "./rule.ts";

export const DECIDING_RULES: readonly AlertRule[] = [
  rule(
    "SIGNALS_LOST",
    ["ERROR"],
    [
      "s02",
      {
        means: "Signals could not be stored for so long that some were given up.",
        done: "Trades on by what is in memory; what was given up has no label later.",
        look: "S2's store and disk.",
        act: "Make the store work. Labels and experiments over that time lack those signals.",
      },
    ],
  ),
  rule(
    "UNKNOWN_FACTOR",
    ["WARN"],
    [
      "s02",
      {
        means: "The config asks for a factor that this version does not know.",
        done: "Treats it as missing: conditions on it do not hold.",
        look: "The factor's name in the config, and the list of factors.",
        act: "Correct the name and promote again, or update the system.",
      },
    ],
  ),
  rule(
    "DECISIONS_LOST",
    ["ERROR"],
    [
      "s03",
      {
        means: "Decisions could not be stored for so long that some were given up.",
        done: "Trades on; intents carry their decision and are stored by S4.",
        look: "S3's store and disk.",
        act: "Make the store work.",
      },
    ],
  ),
  rule(
    "FEATURES_SILENT",
    ["WARN"],
    [
      "s03",
      {
        means: "Instruments that are traded get no features any more.",
        done: "No entries there. Open positions are managed on.",
        look: "Health page: S1's market data and S2.",
        act: "Find out which of the two is silent; restart it if it does not come back.",
      },
    ],
  ),
  rule(
    "FEATURES_BACK",
    ["INFO"],
    [
      "s03",
      {
        means: "Features come again.",
        done: "Entries are possible again.",
        look: "Nothing.",
        act: "Nothing.",
        ends: { codes: ["FEATURES_SILENT"], about: /[A-Z]+:[A-Z0-9]+/g },
      },
    ],
  ),
  rule(
    "HEALTH_SILENT",
    ["ERROR"],
    [
      "s03",
      {
        means: "S11 has not told the health level for longer than it may.",
        done: "It counts as ORANGE: entries at their orange size and in finer slices, no adds.",
        look: "Health page: whether S11 answers. The bus, if it does.",
        act: "Restart S11. Nobody watches the system while it is away.",
      },
    ],
  ),
  rule(
    "HEALTH_HEARD",
    ["INFO"],
    [
      "s03",
      {
        means: "S11 tells the health level again.",
        done: "Its word counts again.",
        look: "Nothing.",
        act: "Nothing.",
        ends: { codes: ["HEALTH_SILENT"] },
      },
    ],
  ),
  rule(
    "LIMIT_*",
    ["WARN"],
    [
      "s03",
      {
        means: "A limit of the account was reached, such as the day's loss, the drawdown, or losses in a row.",
        done: "Entries pause until the figure is back within the limit or the pause is over.",
        look: "Decisions page: the guards of the latest decisions, with value and limit.",
        act: "Look at the trades that led there before raising any limit.",
      },
    ],
  ),
  rule(
    "MODEL_*",
    ["WARN"],
    [
      "s03",
      {
        means: "A model is missing, lacks inputs, is slow or broken, and has no say.",
        done: "Sizes count it as 1.0.",
        look: "Models of the active config; how long it takes (`model_ms`).",
        act: "Slow: a smaller model or a longer deadline. Else: promote a config with a model that works.",
      },
    ],
  ),
  rule(
    "PROGRAM_*",
    ["WARN"],
    [
      "s03",
      {
        means: "A strategy's program is missing, slow or broken.",
        done: "It wishes for nothing: no entries of it. Others go on.",
        look: "The message; the program's source and hash.",
        act: "Correct the program and promote it again.",
      },
    ],
  ),
  rule(
    "STRATEGY_STOPPED",
    ["FATAL"],
    [
      "s03",
      {
        means: "A strategy's trade was closed by force, or by somebody outside.",
        done: "Pauses the strategy on that instrument until a person resumes it.",
        look: "The trade's story; the account's margin.",
        act: "Understand why, then resume it.",
      },
    ],
  ),
];
