/** The time of a backtest: what is due comes in order, and what follows from something comes before what is told of it. */
import { expect, test } from "bun:test";
import { Timeline } from "./timeline.ts";

function played(timeline: Timeline, until: number): void {
  while (timeline.runSoon() || timeline.next <= until) if (timeline.isIdle) timeline.runNext();
}

test("things come when they are due, those of one moment as they were asked for, looks after them", () => {
  const timeline = new Timeline(1_000);
  const seen: string[] = [];
  const note = (what: string) => () => void seen.push(`${what} at ${timeline.now()}`);
  timeline.after(5, note("look"), "key");
  timeline.after(5, note("first"));
  timeline.after(5, note("second"));
  timeline.cancel(timeline.after(1, note("cancelled")));
  timeline.at(900, note("late"));
  played(timeline, 2_000);
  expect(seen).toEqual(["late at 1000", "first at 1005", "second at 1005", "look at 1005"]);
});

test("at one moment: what is to do, then news one by one, then what is told", () => {
  const timeline = new Timeline(0);
  const seen: string[] = [];
  timeline.afterwards(() => seen.push("told"));
  for (const news of ["one", "two"]) {
    timeline.hear(() => {
      seen.push(news);
      timeline.soon(() => seen.push(`after ${news}`));
    });
  }
  timeline.soon(() => seen.push("to do"));
  while (timeline.runSoon());
  expect(seen).toEqual(["to do", "one", "after one", "two", "after two", "told"]);
});

test("jobs run at whole multiples of their period, or once after each stir", () => {
  const timeline = new Timeline(1_500);
  const runs: number[] = [];
  timeline.every(1_000, () => runs.push(timeline.now()));
  played(timeline, 4_000);
  expect(runs).toEqual([2_000, 3_000, 4_000]);

  const calm = new Timeline(1_500);
  const stirred: number[] = [];
  calm.waitsToBeStirred = true;
  calm.every(1_000, () => stirred.push(calm.now()));
  played(calm, 9_000);
  calm.reach(7_200);
  calm.stir();
  played(calm, 20_000);
  expect(stirred).toEqual([2_000, 8_000]);
});
