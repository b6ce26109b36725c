import { paperExchange } from "../paper-exchange.fixture.ts";
import { venueContract } from "../venue.contract.ts";

venueContract("binance through ccxt, on the paper venue", () => paperExchange({ connector: "ccxt" }), { oco: true });
