import { expect, test } from "bun:test";
import { seededRandom } from "../../adapters/random.ts";
import { Portion, TradedSum } from "./exact-sum.ts";

test("sums equal those of whole numbers, however many and however large", () => {
  const random = seededRandom(5);
  const [portion, sum] = [new Portion(), new TradedSum()];
  let [units, worth] = [0n, 0n];
  for (let at = 0; at < 200_000; at++) {
    const decimals = random.int(3) === 0 ? 8 : 3;
    const [price, qty] = [(random.next() * 90_000).toFixed(2), (random.next() ** 4 * 2_000).toFixed(decimals)];
    portion.set(Number(price), Number(qty));
    sum.add(portion);
    const size = BigInt(qty.replace(".", "")) * (decimals === 8 ? 1n : 100_000n);
    units += size;
    worth += BigInt(price.replace(".", "")) * 1_000_000n * size;
    if (at % 1_000 !== 0) continue;
    expect(sum.volume).toBe(Number(`${units}e-8`));
    expect(sum.quoteVolume).toBe(Number(`${worth}e-16`));
  }
  portion.set(1e200, 1e200);
  sum.add(portion);
  expect(sum.quoteVolume).toBeNaN();
  sum.clear();
  expect([sum.volume, sum.quoteVolume]).toEqual([0, 0]);
});
