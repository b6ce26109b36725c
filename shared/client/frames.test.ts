import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createSseReader } from "./frames.ts";

const WIRE = ': hi\n\nevent: alerts\nid: 7\ndata: {"a":1}\n\nid: 8\ndata: [1,\ndata: 2]\n\nretry: 5\n\n';
const EXPECTED = [
  { event: "alerts", id: "7", data: { a: 1 } },
  { event: "message", id: "8", data: [1, 2] },
];

describe("server-sent events", () => {
  test("messages, comments and multi-line data are read", () => {
    expect(createSseReader()(WIRE)).toEqual(EXPECTED);
  });
  test("any cut of the wire gives the same messages", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(WIRE.length), { maxLength: 8 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), WIRE.length];
        const read = createSseReader();
        const got = at.slice(1).flatMap((end, i) => read(WIRE.slice(at[i], end)));
        expect(got).toEqual(EXPECTED);
      }),
      { seed: 7 },
    );
  });
  test("carriage returns count as line ends", () => {
    expect(createSseReader()(WIRE.replaceAll("\n", "\r\n"))).toEqual(EXPECTED);
  });
});
