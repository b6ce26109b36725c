import { venueContract } from "../venue.contract.ts";
import { bybitExchange } from "./bybit-exchange.fixture.ts";

venueContract("bybit through ccxt, on an exchange that speaks its words", bybitExchange, {
  oco: true,
  accountMode: true,
});
