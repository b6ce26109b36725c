/** Signals of the shipped bundle with factors and labels drawn by a seed, made as they are asked for. */
import type { BundleView } from "../../shared/domain/bundle.ts";
import type { Signal } from "../../shared/domain/decision.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { SeenSignal } from "../../shared/simulation/weigher.ts";
import { factorsOfBundle } from "../../shared/trading/factors/registry.ts";
import { sayingOf } from "../../shared/trading/factors/triggers.ts";
import { seededBits, unitOf } from "../../shared/trading/stats/seeded-chance.ts";

const BEGIN = Date.UTC(2026, 0, 1);
const DAYS = 90;
const DAY_MS = 86_400_000;
const MID = 60_000;
const SPREAD = 0.1;

/** `count` of them over ninety days, a page at a time; the same ones each time. */
export function* drawnPages({ bundle }: BundleView, count: number, page: number): Generator<SeenSignal[]> {
  const bits = seededBits("drawn");
  const draw = (low: number, high: number) => low + (high - low) * unitOf(bits);
  const factors = factorsOfBundle(bundle);
  const strategies = bundle.strategies.filter(({ enabled }) => enabled);
  const step = (DAYS * DAY_MS) / count;
  for (let from = 0; from < count; from += page) {
    yield Array.from({ length: Math.min(page, count - from) }, (_, i): SeenSignal => {
      const at = from + i;
      const strategy = strategies[at % strategies.length]!;
      const instrument = strategy.instruments[at % strategy.instruments.length] as InstrumentId;
      const spec = strategy.triggers[at % strategy.triggers.length]!;
      const ts = BEGIN + at * step;
      const mid = MID + draw(-500, 500);
      const known: Record<string, number> = {
        ...{ mid, microprice: mid + draw(-1, 1), spread_bps: draw(0, 3.2), regime: Math.floor(draw(-1, 2)) },
        ...{
          depth_top1_usdt: draw(1_000, 90_000),
          depth_top3_usdt: draw(5_000, 200_000),
          funding_rate: draw(-2e-4, 2e-4),
        },
        ...{ obi_5: draw(-1, 1), trade_imb_10s: draw(-1, 1), ret_10s: draw(-5, 5), rsi_14_5s: draw(10, 90) },
        ...{ ema_8_5s: mid + draw(-30, 30), ema_21_5s: mid + draw(-30, 30), vwap_1m: mid + draw(-30, 30) },
        minutes_to_funding: draw(0, 480),
      };
      const values = Object.fromEntries(factors.map((id) => [id, known[id] ?? draw(5, 40)]));
      const features = {
        ...{ instrument, ts, exch_ts: ts - 5, values, stale: false, quality: [], config_rev: 1 },
        ...{ bid: (mid - SPREAD / 2).toFixed(2), ask: (mid + SPREAD / 2).toFixed(2) },
      };
      const signal: Signal = {
        ...{ signal_id: `drawn-${String(at).padStart(9, "0")}`, account: "main", strategy_id: strategy.strategy_id },
        ...{
          instrument,
          trigger: { kind: spec.kind, what: sayingOf(spec), exch_ts: ts - 5 },
          features,
          ts,
          config_rev: 1,
        },
      };
      const side = draw(0, 1) < 0.5 && instrument.startsWith("FUT:") ? "SELL" : "BUY";
      return { signal, labels: { "12h": { side, roi_net: draw(-0.1, 0.1), leverage: 20 } } };
    });
  }
}
