import { paperExchange } from "../paper-exchange.fixture.ts";
import { venueContract } from "../venue.contract.ts";

const open = () => paperExchange({ connector: "ccxt", ccxtStreams: false });
venueContract("binance through ccxt without streams, on the paper venue", open, { oco: true });
