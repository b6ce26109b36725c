import { expect, test } from "bun:test";
import { idAfter, idAt } from "./manifest.ts";

test("of two backups in one second, or after the clock was set back, the later one is the newest", () => {
  const at = Date.UTC(2026, 0, 1);
  const first = idAt(at, "fffe");
  expect(idAfter(undefined, first)).toBe("20260101T000000Z-fffe");
  expect(idAfter(first, idAt(at, "1234"))).toBe("20260101T000000Z-ffff");
  expect(idAfter(idAt(at, "ffff"), idAt(at, "1234"))).toBe("20260101T000001Z-0000");
  expect(idAfter(first, idAt(at - 60_000, "1234"))).toBe("20260101T000000Z-ffff");
  expect(idAfter(first, idAt(at + 1_000, "0000"))).toBe("20260101T000001Z-0000");
});
