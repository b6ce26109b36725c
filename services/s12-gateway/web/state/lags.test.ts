import { expect, test } from "bun:test";
import { lagsOf } from "./lags.ts";

const series = (stream: string, group: string, ...values: number[]) => ({
  metric: "chimera_stream_pending",
  labels: { stream, group },
  points: values.map((value, index): [number, number] => [index * 1_000, value]),
});

test("a stream stands once, by its slowest readers as of now; what waits longest comes first", () => {
  const lags = lagsOf([series("b", "one", 9, 0), series("a", "x", 0), series("b", "two", 0, 7), series("c", "none")]);
  expect(lags).toEqual([
    { stream: "b", group: "two", waiting: 7, ts: 1_000 },
    { stream: "a", group: "x", waiting: 0, ts: 0 },
  ]);
});
