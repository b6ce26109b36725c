/** Dragging one level of the chart: near it the pointer takes hold, and the chart itself keeps still meanwhile. */
import type { IChartApi, ISeriesApi } from "lightweight-charts";

export interface Drag {
  readonly price: number;
  readonly onMove: (price: number) => void;
}

/** A finger or pointer this near takes hold, px. */
const REACH_PX = 7;

interface Drawn {
  chart: IChartApi;
  candles: ISeriesApi<"Candlestick">;
}

export function attachDrag(element: HTMLElement, { chart, candles }: Drawn) {
  let drag: Drag | undefined;
  let held = false;
  const yOf = (event: PointerEvent) => event.clientY - element.getBoundingClientRect().top;
  const isNear = (event: PointerEvent): boolean => {
    const y = drag && candles.priceToCoordinate(drag.price);
    return y !== undefined && y !== null && Math.abs(y - yOf(event)) <= REACH_PX;
  };
  const still = (on: boolean) => chart.applyOptions({ handleScroll: !on, handleScale: !on });

  const onDown = (event: PointerEvent) => {
    if (event.button !== 0 || !isNear(event)) return;
    held = true;
    still(true);
    element.setPointerCapture(event.pointerId);
  };
  const onMove = (event: PointerEvent) => {
    element.dataset.grab = held ? "held" : isNear(event) ? "near" : "none";
    const price = held ? candles.coordinateToPrice(yOf(event)) : null;
    if (price !== null) drag?.onMove(price);
  };
  const onUp = (event: PointerEvent) => {
    if (!held) return;
    held = false;
    still(false);
    element.releasePointerCapture(event.pointerId);
  };
  const watched = { pointerdown: onDown, pointermove: onMove, pointerup: onUp, pointercancel: onUp } as const;
  for (const [name, listener] of Object.entries(watched)) {
    element.addEventListener(name, listener as EventListener, { capture: true });
  }
  return {
    set: (next: Drag | undefined) => {
      drag = next;
      element.dataset.grab ??= "none";
    },
    stop: () => {
      for (const [name, listener] of Object.entries(watched)) {
        element.removeEventListener(name, listener as EventListener, { capture: true });
      }
    },
  };
}
