/** The depth of the book as it is now: bids and asks summed from the mid outwards, the mid and the spread marked. */
import { useId, useState } from "react";
import type { Instrument } from "../../../../shared/domain/instrument.ts";
import { digitsOf, grouped, numberText, shortText } from "../format/numbers.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { cornersOf, type DepthCurve, depthCurveOf, standingTo } from "../state/depth-curve.ts";
import { useLive } from "../state/live.ts";
import { useStore } from "../state/store.ts";
import { Probe } from "./probe.tsx";
import { Panel, Skeleton } from "./states.tsx";

const WIDTH = 1_000;
const HEIGHT = 100;
/** The probe's way, from the left edge to the right one; the mid is at 0. */
const PROBE_MAX = 100;

export function DepthPicture({ instrument }: { instrument: Instrument | undefined }) {
  const { t } = useText();
  const depth = useStore(useLive().market, (state) => state.depth);
  const curve = depthCurveOf(depth);
  return (
    <Panel
      className="depth-panel"
      title={t("depth.title")}
      aside={
        curve ? (
          <span className="panel-figures">
            <span className="muted">{t("book.spread", { bps: numberText(curve.spreadBps, 2) })}</span>
          </span>
        ) : null
      }
    >
      {depth === undefined ? (
        <Skeleton rows={4} />
      ) : curve === undefined ? (
        <p className="empty">{t("depth.empty")}</p>
      ) : (
        <Picture curve={curve} isWhole={depth.ok} instrument={instrument} />
      )}
    </Panel>
  );
}

interface PictureProps {
  curve: DepthCurve;
  /** False while the book has a hole. */
  isWhole: boolean;
  instrument: Instrument | undefined;
}

function Picture({ curve, isWhole, instrument }: PictureProps) {
  const { t } = useText();
  const [probe, setProbe] = useState(0);
  const digits = digitsOf(instrument?.tick_size, 2);
  const asset = instrument?.base ?? "";
  const price = (value: number) => grouped(value.toFixed(digits));
  const at = curve.mid + (probe / PROBE_MAX) * curve.reach;
  const said = probe === 0 ? sidesSaid(t, curve, asset) : standingSaid(t, { curve, at, asset, price });
  return (
    <figure className="market-picture" data-stale={isWhole ? undefined : true}>
      <figcaption className="market-said" data-side={probe === 0 ? undefined : probe < 0 ? "bid" : "ask"}>
        {isWhole ? said : t("book.gap")}
      </figcaption>
      <div className="market-plot">
        <Curves curve={curve} probe={probe} />
        <span className="market-plot-top muted">
          {shortText(curve.height)} {asset}
        </span>
        <Probe
          label={t("depth.probe")}
          said={said}
          {...{ min: -PROBE_MAX, max: PROBE_MAX, step: 1, value: probe, onMove: setProbe }}
        />
      </div>
      <div className="market-axis muted" aria-hidden="true">
        <span>{price(curve.mid - curve.reach)}</span>
        <span className="market-axis-mid">{price(curve.mid)}</span>
        <span>
          {price(curve.mid + curve.reach)} {instrument?.quote}
        </span>
      </div>
    </figure>
  );
}

/** Bids are filled and asks hatched: which is which does not hang on colour. */
function Curves({ curve, probe }: { curve: DepthCurve; probe: number }) {
  const hatch = useId();
  const [bids, asks] = [cornersOf(curve, "bids"), cornersOf(curve, "asks")];
  const [bidX, askX] = [bids[0]?.[0] ?? 0.5, asks[0]?.[0] ?? 0.5];
  const probeX = (0.5 + probe / PROBE_MAX / 2) * WIDTH;
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <pattern id={hatch} width="8" height="8" patternUnits="userSpaceOnUse">
        <rect className="hatch-ground" width="8" height="8" />
        <rect className="hatch-line" width="2.5" height="8" />
      </pattern>
      <rect className="depth-spread" x={bidX * WIDTH} width={Math.max(1, (askX - bidX) * WIDTH)} height={HEIGHT} />
      <polygon className="depth-bids" points={pointsOf(bids, 0.5)} />
      <polygon className="depth-asks" points={pointsOf(asks, 0.5)} fill={`url(#${hatch})`} />
      <line className="depth-mid" x1={WIDTH / 2} x2={WIDTH / 2} y1="0" y2={HEIGHT} />
      {probe === 0 ? null : <line className="probe-line" x1={probeX} x2={probeX} y1="0" y2={HEIGHT} />}
    </svg>
  );
}
type Corners = readonly (readonly [x: number, y: number])[];
const pointsOf = (corners: Corners, start: number): string =>
  [[corners[0]?.[0] ?? start, 1] as const, ...corners]
    .map(([x, y]) => `${(x * WIDTH).toFixed(1)},${(y * HEIGHT).toFixed(2)}`)
    .join(" ");

const sidesSaid = (t: Translate, { bids, asks }: DepthCurve, asset: string): string =>
  t("depth.sides", { bids: shortText(bids.at(-1)?.total ?? 0), asks: shortText(asks.at(-1)?.total ?? 0), asset });

interface Probed {
  curve: DepthCurve;
  at: number;
  asset: string;
  price(value: number): string;
}
function standingSaid(t: Translate, { curve, at, asset, price }: Probed): string {
  const away = numberText(Math.abs(at / curve.mid - 1) * 10_000, 1);
  const found = standingTo(curve, at);
  if (!found) return t("depth.none_to", { price: price(at), away });
  const params = { price: price(at), away, total: shortText(found.total), worth: shortText(found.worth), asset };
  return t(at < curve.mid ? "depth.bids_to" : "depth.asks_to", params);
}
