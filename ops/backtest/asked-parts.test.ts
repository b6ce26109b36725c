import { afterAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askedBundle } from "./asked-bundle.ts";
import { askedParts } from "./asked-parts.ts";
import { storedParts } from "./stored-parts.ts";

const folder = mkdtempSync(join(tmpdir(), "chimera-parts-"));
afterAll(() => rmSync(folder, { recursive: true }));
const written = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

const { bundle } = askedBundle(undefined, "bars");
const [strategy] = bundle.strategies;
const nothing = storedParts(folder);
const SOURCE = "export default { start: () => 0, decide: (state) => ({ state, intents: [] }) };";

test("programs and models come from files by what they hold, and by no other", async () => {
  const program = { program_id: "quiet", hash: sha256(SOURCE) };
  const model = { model_id: "tide", hash: sha256("onnx"), cutoffs: [{ p_min: 0.5, size_mult: 1 }], deadline_ms: 25 };
  const using = { ...bundle, strategies: [{ ...strategy!, program, model }] };
  const files = { program: [written("quiet.ts", SOURCE)], model: [`${written("tide.onnx", "onnx")}=obi_5,side`] };
  const { programs, models } = await askedParts(using, files, nothing);
  expect(programs).toEqual([[program.hash, SOURCE]]);
  expect(models[0]?.card).toEqual({
    model_id: "tide",
    hash: model.hash,
    features: ["obi_5", "side"],
    reference: [0, 0],
  });
  expect(askedParts(using, { ...files, program: [] }, nothing)).rejects.toThrow("--program FILE.ts");
  expect(askedParts(using, { ...files, model: [] }, nothing)).rejects.toThrow("--model MODEL.onnx=its,inputs");
  expect(askedParts(bundle, files, nothing)).rejects.toThrow("names nothing whose SHA-256 is that of");
  expect(askedParts(using, { ...files, model: [join(folder, "tide.onnx")] }, nothing)).rejects.toThrow(
    "say its inputs too",
  );
});

test("a bundle with faults is told with every one of them, and where", () => {
  const file = written(
    "bad.yaml",
    "format: 1\nbundle_id: bad\nrev: 1\nfactors: [mid]\nstrategies: []\ninstruments: []\nrulez: []\n",
  );
  expect(() => askedBundle(file, "bars")).toThrow(`${file} cannot be run:`);
  expect(() => askedBundle(file, "bars")).toThrow("instruments:");
  expect(() => askedBundle(join(folder, "none.yaml"), "bars")).toThrow("none.yaml cannot be read");
});
