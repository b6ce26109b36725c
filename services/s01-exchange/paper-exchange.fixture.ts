/** The paper venue on real sockets as the contract suite's exchange, in whichever words the settings ask for it. */
import { openClientVenue } from "../../ops/venue/clients/served.fixture.ts";
import { show } from "../../shared/domain/money.ts";
import type { Settings } from "./types.ts";
import type { TestExchange } from "./venue-bench.fixture.ts";

export async function paperExchange(settings: Partial<Settings> = {}): Promise<TestExchange> {
  const served = await openClientVenue();
  const { venue, spot, um } = served;
  const hosts = {
    venueSpotUrl: `http://${spot}`,
    venueFutUrl: `http://${um}`,
    venueSpotWsUrl: `ws://${spot}`,
    venueFutWsUrl: `ws://${um}`,
    venueSpotApiWsUrl: `ws://${spot}/ws-api/v3`,
  };
  let stopped: Promise<void> | undefined;
  return {
    settings: { ...hosts, callTimeoutMs: 1_500, silenceMs: 2_000, marketAgeMsMax: 3_000, ...settings },
    quote: served.quote,
    trade: served.trade,
    loseAnswer: () =>
      venue.faults.add({
        ...{ kind: "timeout_after_accept", market: "FUT", symbol: "BTCUSDT", count: 1 },
        ...{ hold_ms: 60_000, code: 0 },
      }),
    received: (clientOrderId) =>
      venue
        .orders()
        .filter((order) => order.client_id === clientOrderId)
        .map(({ qty, price }) => ({ qty: show(qty), price: show(price) })),
    stop: () => {
      stopped ??= served.stop();
      return stopped;
    },
  };
}
