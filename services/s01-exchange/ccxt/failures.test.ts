import { expect, test } from "bun:test";
import ccxt from "ccxt";
import { Problem } from "../../../shared/errors.ts";
import { NetError } from "../../../shared/kit/ports.ts";
import { failureOf } from "./failures.ts";

const told = '{"code":-2019,"msg":"Margin is insufficient."}';
const rows: [string, Error, string, string][] = [
  ["a time-out", new ccxt.RequestTimeout("x"), "EXCHANGE_UNKNOWN", "UNAVAILABLE"],
  ["a broken connection", new ccxt.NetworkError("x"), "EXCHANGE_UNKNOWN", "UNAVAILABLE"],
  ["a 5xx", new ccxt.ExchangeNotAvailable("x"), "EXCHANGE_UNKNOWN", "UNAVAILABLE"],
  ["maintenance", new ccxt.OnMaintenance("x"), "EXCHANGE_UNKNOWN", "UNAVAILABLE"],
  ["an unreadable answer", new ccxt.BadResponse("x"), "EXCHANGE_UNKNOWN", "UNAVAILABLE"],
  ["no answer", new NetError("unknown", "no answer"), "EXCHANGE_UNKNOWN", "UNAVAILABLE"],
  ["a later request that found nobody", new NetError("refused", "gone"), "EXCHANGE_UNKNOWN", "UNAVAILABLE"],
  ["no funds", new ccxt.InsufficientFunds(told), "EXCHANGE_REFUSED", "EXCHANGE_REFUSED"],
  ["a bad order", new ccxt.InvalidOrder(told), "EXCHANGE_REFUSED", "EXCHANGE_REFUSED"],
  ["a bad key", new ccxt.AuthenticationError(told), "EXCHANGE_REFUSED", "EXCHANGE_REFUSED"],
  ["what ccxt itself refuses", new ccxt.NotSupported("x"), "EXCHANGE_REFUSED", "INVALID"],
  ["no such order", new ccxt.OrderNotFound(told), "NOT_FOUND", "NOT_FOUND"],
  ["too many", new ccxt.RateLimitExceeded("x"), "RATE_LIMITED", "RATE_LIMITED"],
  ["a shield", new ccxt.DDoSProtection("x"), "RATE_LIMITED", "RATE_LIMITED"],
  ["clocks that differ", new ccxt.InvalidNonce("x"), "UNAVAILABLE", "UNAVAILABLE"],
];
test.each(rows)("%s, after and before something was sent", (_, error, sent, unsent) => {
  expect((failureOf(error, true) as Problem).code).toBe(sent as Problem["code"]);
  expect((failureOf(error, false) as Problem).code).toBe(unsent as Problem["code"]);
});

test("a refusal has the exchange's number and ccxt's word for it, in whichever way it was told", () => {
  const numbers = ['{"retCode":110007}', '{"code":"51008"}', '{"sCode" : "51008"}', '{"code":-2019,"msg":"x"}'].map(
    (text) =>
      (failureOf(new ccxt.InsufficientFunds(`x ${text}`), true) as Problem).errors.map(({ message }) => message),
  );
  expect(numbers.map(([code]) => code)).toEqual(["110007", "51008", "51008", "-2019"]);
  expect(numbers.map(([, reason]) => reason)).toEqual(Array(4).fill("InsufficientFunds"));
});

test("what is no failure of the exchange comes back as it is, unless something was sent", () => {
  const ours = new Error("the kill switch is on");
  expect(failureOf(ours, false)).toBe(ours);
  expect((failureOf(new TypeError("undefined is no object"), true) as Problem).code).toBe("EXCHANGE_UNKNOWN");
  const problem = new Problem("KILL_SWITCH", "on");
  expect(failureOf(problem, true)).toBe(problem);
});
