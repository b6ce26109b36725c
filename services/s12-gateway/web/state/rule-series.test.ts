import { expect, test } from "bun:test";
import { bucketFor, HITS_PICTURE, seriesOf } from "./rule-series.ts";

const HOUR = 3_600_000;
const hit = (rule_id: string, hour: number, fired: number, unfired: number, unknown = 0) => ({
  ...{ rule_id, ts: hour * HOUR, fired, unfired, unknown },
});
const answer = (items: ReturnType<typeof hit>[]) => ({
  ...{ from_ts: 10 * HOUR + 5, to_ts: 14 * HOUR - 5, bucket_ms: HOUR, decisions: 9, is_part: false },
  items,
});

test("a row a rule, the most often fired first, over the same time and to the same height", () => {
  const [calm, wide] = seriesOf(answer([hit("wide", 10, 0, 4), hit("calm", 10, 1, 1), hit("calm", 13, 3, 4, 1)]));
  expect(calm).toMatchObject({ rule_id: "calm", fired: 4, unfired: 5, unknown: 1 });
  expect(wide).toMatchObject({ rule_id: "wide", fired: 0, unfired: 4 });
  expect(calm!.columns.map(({ x }) => x)).toEqual([0, (3 / 4) * HITS_PICTURE.width]);
  const tall = calm!.columns[1]!;
  expect(tall.firedHeight + tall.unknownHeight + tall.unfiredHeight).toBe(HITS_PICTURE.height);
  expect(wide!.columns[0]!.unfiredHeight).toBe(HITS_PICTURE.height / 2);
});

test("nothing that was looked at is no picture", () => expect(seriesOf(answer([]))).toEqual([]));

test("buckets are as short as the period allows", () => {
  const day = 24 * HOUR;
  const bucketOf = (from_ts?: number, to_ts?: number) =>
    bucketFor({ ...(from_ts !== undefined && { from_ts }), ...(to_ts !== undefined && { to_ts }) }, 100 * day);
  expect([bucketOf(), bucketOf(0, day / 2), bucketOf(0, 8 * day), bucketOf(0)]).toEqual(["5m", "5m", "1h", "1d"]);
});
