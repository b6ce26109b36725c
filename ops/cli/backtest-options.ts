/** Reading what `backtest` and `optimize` are asked: time, wallets, latency, how bars fill, and what makes it worse. */
import { BACKTEST_DEFAULTS, type BacktestOptions, type FillModel } from "../../shared/backtest/backtest-options.ts";
import type { Delay, Latency } from "../../shared/engine/latency.ts";
import { NO_LATENCY } from "../../shared/engine/latency.ts";
import { choiceOption, numberOption } from "./options.ts";

export const FORMS = ["bars", "trades", "book"] as const;
export const PATHS = ["worst", "ohlc", "olhc"] as const;

export const MARKET_OPTIONS = {
  bundle: { type: "string" },
  data: { type: "string", multiple: true, default: [] as string[] },
  from: { type: "string" },
  to: { type: "string" },
  form: { type: "string" },
  timeframe: { type: "string", default: "1m" },
  market: { type: "string" },
  symbol: { type: "string" },
  repair: { type: "boolean", default: false },
  model: { type: "string", multiple: true, default: [] as string[] },
  program: { type: "string", multiple: true, default: [] as string[] },
} as const;

/** Of every kind of run. */
export const SETTING_OPTIONS = {
  latency: { type: "string" },
  "spread-bps": { type: "string" },
  "slippage-bps": { type: "string" },
  "depth-usdt": { type: "string" },
  path: { type: "string", default: "worst" },
  "spot-usdt": { type: "string" },
  "fut-usdt": { type: "string" },
  seed: { type: "string", default: "1" },
} as const;

export const MARKET_USAGE = `  --bundle F       a config bundle (YAML or JSON); default: the shipped one, of bars ops/backtest/minute-bars.yaml
  --data WHAT      recorded or archived files or folders of them; or a data folder, whose library is read (data); or an
                   instrument of the library, such as FUT:BTCUSDT. Several times. Default: what the bundle trades
  --from T --to T  2024-08-01, 2024-08-01T12:00 or epoch ms, UTC; --to is left out itself. What lies before --from
                   warms the factors
  --form F         bars, trades (without a book) or book; default: what the files are, bars from the library
  --timeframe T    of bars (1m)
  --market M       of files that do not tell it: SPOT or FUT; --symbol S, such as BTCUSDT, likewise
  --repair         leave out bad rows and say so, in place of refusing the data
  --program FILE   the source of a program that the bundle names; default: as registered in the data folder
  --model FILE=a,b the file of a model that the bundle names, with its inputs; default: as registered`;

export const SETTING_USAGE = `  --latency L      ms: one number for every way; or to us, orders, answers as base+jitter: 4+2,5+3,4+2 (so it is when
                   nothing is said); or none
  --spread-bps N   between best bid and ask, of bars and trades alone (1)
  --slippage-bps N what takers pay on top of half the spread (0.5)
  --depth-usdt N   on each side, for the guards that look at it (1000000)
  --path P         the way within a bar: worst, ohlc or olhc
  --spot-usdt N    what each wallet holds at the start (10000)
  --fut-usdt N
  --seed N         seed of chance (1)`;

type Text = string | undefined;
export interface SettingValues {
  readonly latency?: Text;
  readonly "spread-bps"?: Text;
  readonly "slippage-bps"?: Text;
  readonly "depth-usdt"?: Text;
  readonly path: string;
  readonly "spot-usdt"?: Text;
  readonly "fut-usdt"?: Text;
  readonly stress?: Text;
  readonly seed: string;
}
export type Settings = Pick<BacktestOptions, "seed" | "latency" | "stress" | "fill" | "wallets">;

const MS_MAX = 60_000;
const BPS_MAX = 1_000;
const USDT_MAX = 1e12;
const MULT_MAX = 100;
const SEED_MAX = 2 ** 31 - 1;

/** Throws for what is no such setting, with its name. */
export function settingsOf(values: SettingValues): Settings {
  const { wallets } = BACKTEST_DEFAULTS;
  return {
    seed: Math.trunc(numberOption("seed", values.seed, { fallback: 1, min: 0, max: SEED_MAX })),
    latency: latencyOf(values.latency),
    stress: stressOf(values.stress),
    fill: fillOf(values),
    wallets: {
      spot_usdt: walletOf("spot-usdt", values["spot-usdt"], wallets.spot_usdt),
      fut_usdt: walletOf("fut-usdt", values["fut-usdt"], wallets.fut_usdt),
    },
  };
}

function walletOf(name: string, text: Text, fallback: string): string {
  numberOption(name, text, { fallback: 0, min: 0, max: USDT_MAX });
  return text ?? fallback;
}

function fillOf(values: SettingValues): FillModel {
  const { spread_bps, slippage_bps, depth_usdt } = BACKTEST_DEFAULTS.fill;
  return {
    spread_bps: numberOption("spread-bps", values["spread-bps"], { fallback: spread_bps, min: 0, max: BPS_MAX }),
    slippage_bps: numberOption("slippage-bps", values["slippage-bps"], {
      fallback: slippage_bps,
      min: 0,
      max: BPS_MAX,
    }),
    depth_usdt: numberOption("depth-usdt", values["depth-usdt"], { fallback: depth_usdt, min: 0, max: USDT_MAX }),
    path: choiceOption("path", values.path, PATHS),
  };
}

/** `8`, `4+2,5+3,4+2` or `none`. */
export function latencyOf(text: Text): Latency {
  if (text === undefined) return BACKTEST_DEFAULTS.latency;
  if (text === "none") return NO_LATENCY;
  const ways = text.split(",");
  if (ways.length !== 1 && ways.length !== 3)
    throw new Error(`--latency is one number, three as 4+2,5+3,4+2, or none, not ${JSON.stringify(text)}.`);
  const [feed, order = feed, response = feed] = ways.map(delayOf) as [Delay, Delay?, Delay?];
  return { feed, order, response };
}

function delayOf(text: string): Delay {
  const [base, jitter = "0", ...more] = text.split("+");
  if (more.length > 0) throw new Error(`--latency: ${JSON.stringify(text)} is not base+jitter.`);
  return {
    baseMs: numberOption("latency", base, { fallback: 0, min: 0, max: MS_MAX }),
    jitterMs: numberOption("latency", jitter, { fallback: 0, min: 0, max: MS_MAX }),
  };
}

const STRESSES = { fees: "fee_mult", latency: "latency_mult", slippage: "slippage_bps" } as const;

function stressOf(text: Text): BacktestOptions["stress"] {
  const stress: Record<(typeof STRESSES)[keyof typeof STRESSES], number> = { ...BACKTEST_DEFAULTS.stress };
  for (const part of text === undefined ? [] : text.split(",")) {
    const [name = "", value] = part.split("=");
    const what = choiceOption("stress", name, Object.keys(STRESSES) as (keyof typeof STRESSES)[]);
    if (value === undefined || value === "") throw new Error(`--stress ${name}: say how much, such as ${name}=2.`);
    const max = what === "slippage" ? BPS_MAX : MULT_MAX;
    stress[STRESSES[what]] = numberOption("stress", value, { fallback: 1, min: 0, max });
  }
  return stress;
}

const SAMPLES_MS = [1_000, 5_000, 15_000, 60_000, 300_000, 900_000, 3_600_000];
const SAMPLES_MAX = 60_000;
/** Between two points of the equity curve: as fine as a report has use for. */
export const sampleMs = (ms: number): number =>
  SAMPLES_MS.find((step) => ms / step <= SAMPLES_MAX) ?? (SAMPLES_MS.at(-1) as number);
