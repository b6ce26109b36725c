/** Models off and on again by what came of what they said, through the service. */
import { beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import type { HealthReading } from "../../shared/domain/watching.ts";
import { hashOf, inForce, labelled } from "./compare.fixture.ts";
import { HOUR, WatchWorld } from "./watch.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

const [OLD, NEW] = [hashOf("a"), hashOf("b")];
let watch: WatchWorld;
beforeEach(async () => {
  watch = await WatchWorld.begin(true);
  await inForce(watch, 1, OLD);
});
interface Told {
  level: string;
  effects: { models_off?: string };
  readings: HealthReading[];
}
const told = async () => {
  await watch.pass(HOUR + 120_000);
  const answer = await watch.get<Told>("/health-level");
  expect(answer.level).toBe("GREEN");
  return answer;
};
const reading = ({ readings }: Told, name: string) => readings.find((each) => each.name === name);

test("a model that is surely wrong has no say, whatever is said of it with fewer than 300 labels", async () => {
  await labelled(watch, 299, { hash: OLD, skill: -1 });
  const short = await told();
  expect(reading(short, "model_auc")).toMatchObject({ sample: 299, sample_min: 300, changes: "models" });
  expect(reading(short, "model_auc")?.level).toBeUndefined();
  expect(short.effects).toEqual({});
  await labelled(watch, 1, { hash: OLD, skill: -1 });
  const beyond = await told();
  expect([reading(beyond, "model_auc")?.level, reading(beyond, "model_brier")?.level]).toEqual(["RED", "RED"]);
  expect(beyond.effects.models_off).toStartWith("model_auc of tiny 0.");
  expect(watch.told.at(-1)?.effects).toEqual(beyond.effects);
  await watch.restart(60_000);
  expect((await told()).effects).toHaveProperty("models_off");
  // Another model in force has its say.
  await inForce(watch, 2, NEW);
  expect((await told()).effects).toEqual({});
});

test("one that knows something has it, and gets it back when it is right for long enough", async () => {
  await labelled(watch, 400, { hash: OLD, skill: 1 });
  const good = await told();
  expect([reading(good, "model_auc")?.level, reading(good, "model_brier")?.level]).toEqual(["GREEN", "GREEN"]);
  expect(good.effects).toEqual({});
  await labelled(watch, 600, { hash: OLD, skill: -1 });
  expect((await told()).effects).toHaveProperty("models_off");
  await labelled(watch, 2_000, { hash: OLD, skill: 1 });
  expect((await told()).effects).toEqual({});
});
