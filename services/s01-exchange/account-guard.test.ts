import { expect, test } from "bun:test";
import { asProblem } from "../../shared/errors.ts";
import { connectToVenue, order, SPOT_BTC } from "./venue.fixture.ts";

const modes: [string, string, object][] = [
  ["hedge mode", "/fapi/v1/positionSide/dual", { dualSidePosition: true }],
  ["multi-assets mode", "/fapi/v1/multiAssetsMargin", { multiAssetsMargin: true }],
];
test.each(modes)(
  "an account in %s: no futures entry, spot and exits go on, until it is set right",
  async (words, path, body) => {
    const { connector, faulty, settle, around } = await connectToVenue();
    await settle(connector.accountGuard.check());
    expect(connector.accountGuard.trouble()).toBeUndefined();
    faulty.fetch = ({ url, method }) =>
      method === "GET" && url.includes(path)
        ? Promise.resolve({ status: 200, headers: {}, body: JSON.stringify(body) })
        : undefined;
    await settle(connector.accountGuard.check());
    await settle(connector.accountGuard.check());
    expect(connector.accountGuard.trouble()).toContain(words);
    expect(around.raised).toEqual(["ACCOUNT_MODE"]);
    expect(await settle(connector.desk.submit(order({}))).catch(asProblem)).toMatchObject({ code: "FORBIDDEN" });
    const spot = order({ instrument: SPOT_BTC, client_order_id: "spot", qty: "0.002", leverage: undefined });
    expect(await settle(connector.desk.submit(spot))).toMatchObject({ status: "FILLED" });
    const exit = order({ client_order_id: "exit", side: "SELL", entry: false, reduce_only: true });
    expect(await settle(connector.desk.submit(exit)).catch(asProblem)).toMatchObject({ code: "EXCHANGE_REFUSED" });

    faulty.fetch = undefined;
    await settle(connector.accountGuard.check());
    expect(around.raised).toEqual(["ACCOUNT_MODE", "ACCOUNT_MODE_FIT"]);
    expect(await settle(connector.desk.submit(order({})))).toMatchObject({ status: "FILLED" });
  },
);
