/** The models and programs that a bundle names: from files where they are given, else as the installation has them. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Bundle } from "../../shared/domain/bundle.ts";
import type { GroundModel } from "../../shared/experiment-run/trial-ground.ts";
import type { StoredParts } from "./stored-parts.ts";

export interface GivenParts {
  /** `FILE=input,input,…`. */
  readonly model: readonly string[];
  /** Files. */
  readonly program: readonly string[];
}
export interface AskedParts {
  readonly models: readonly GroundModel[];
  /** Source by hash. */
  readonly programs: readonly (readonly [hash: string, source: string])[];
}

const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

/** Throws for what the bundle names and nobody has, and for files that it does not name. */
export async function askedParts(bundle: Bundle, given: GivenParts, stored: StoredParts): Promise<AskedParts> {
  const files = given.model.map(modelFile);
  const sources = given.program.map((file) => ({ file, source: readText(file) }));
  const enabled = bundle.strategies.filter((strategy) => strategy.enabled);
  const models = new Map<string, GroundModel>();
  const programs = new Map<string, string>();
  for (const { model, program } of enabled) {
    if (model && !models.has(model.hash)) {
      const found = files.find(({ hash }) => hash === model.hash);
      const { model_id, hash } = model;
      models.set(hash, found ? found.as(model_id) : await storedModel(stored, model));
    }
    if (program && !programs.has(program.hash)) {
      const found = sources.find(({ source }) => sha256(source) === program.hash);
      programs.set(program.hash, found?.source ?? (await storedProgram(stored, program)));
    }
  }
  const strange = [
    ...files.filter(({ hash }) => !models.has(hash)),
    ...sources.filter(({ source }) => !programs.has(sha256(source))),
  ][0];
  if (strange) throw new Error(`The bundle names nothing whose SHA-256 is that of ${strange.file}.`);
  return { models: [...models.values()], programs: [...programs] };
}

function modelFile(text: string) {
  const [file = "", inputs = ""] = text.split("=", 2);
  const features = inputs.split(",").filter((input) => input !== "");
  if (features.length === 0) throw new Error(`--model ${text}: say its inputs too: --model ${file}=obi_5,side`);
  const onnx = new Uint8Array(readBytes(file));
  const hash = sha256(onnx);
  const reference = features.map(() => 0);
  const as = (model_id: string): GroundModel => ({ card: { model_id, hash, features, reference }, onnx });
  return { file, hash, as };
}

type Named = { readonly hash: string };
async function storedModel(
  stored: StoredParts,
  { model_id, hash }: Named & { model_id: string },
): Promise<GroundModel> {
  const found = await stored.model(model_id, hash);
  if (found) return found;
  throw new Error(
    `The bundle uses model ${model_id} (${hash.slice(0, 12)}), which is not registered here. ` +
      "Give its file: --model MODEL.onnx=its,inputs; or register it: ./chimera model register",
  );
}

async function storedProgram(
  stored: StoredParts,
  { program_id, hash }: Named & { program_id: string },
): Promise<string> {
  const found = await stored.program(program_id, hash);
  if (found !== undefined) return found;
  throw new Error(
    `The bundle uses program ${program_id} (${hash.slice(0, 12)}), which is not registered here. ` +
      "Give its source: --program FILE.ts; or register it: ./chimera program register",
  );
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`);
  }
}
const readText = (file: string): string => readBytes(file).toString("utf8");
