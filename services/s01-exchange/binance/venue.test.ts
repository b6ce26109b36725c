import { paperExchange } from "../paper-exchange.fixture.ts";
import { venueContract } from "../venue.contract.ts";

venueContract("binance natively, on the paper venue", () => paperExchange());
