/** The thread of a crew: makes its task ready, then runs what comes, one at a time, until it is ended. */
import type { Duty, PreparedTask, Task } from "../kit/workers.ts";
import { sentError } from "./crew-errors.ts";
import { onnxInference } from "./onnx.ts";
import { programRunner } from "./programs.ts";

declare const self: Worker;

export type ToThread =
  | { readonly kind: "prepare"; readonly module: string; readonly name: string; readonly ground: unknown }
  /** `flag`, shared: 1 to stop. */
  | { readonly kind: "run"; readonly id: number; readonly input: unknown; readonly flag: Int32Array };
export type FromThread =
  | { readonly kind: "unready"; readonly error: ReturnType<typeof sentError> }
  | { readonly kind: "progress"; readonly id: number; readonly done: number }
  | { readonly kind: "done"; readonly id: number; readonly output: unknown }
  | { readonly kind: "failed"; readonly id: number; readonly error: ReturnType<typeof sentError> };

/** Real time, which must decide nothing here but about programs without an end. */
const PROGRAM_MS_MAX = 5_000;

type AnyTask = Task<unknown, unknown, unknown>;
/** Undefined in the end: it could not be made ready, which has been told. */
let preparing: Promise<PreparedTask<unknown, unknown> | undefined> = Promise.resolve(undefined);
const tell = (message: FromThread): void => self.postMessage(message);

async function prepare({ module, name, ground }: Extract<ToThread, { kind: "prepare" }>) {
  try {
    const found = Object.values((await import(module)) as Record<string, unknown>).find((each) => isTask(each, name));
    if (!found) throw new Error(`${module} exports no task ${name}`);
    const inference = onnxInference({ hold: (work) => work });
    return await (found as AnyTask).prepare(ground, { inference, programs: programRunner(PROGRAM_MS_MAX) });
  } catch (error) {
    tell({ kind: "unready", error: sentError(error) });
    return undefined;
  }
}

const isTask = (each: unknown, name: string): boolean =>
  typeof each === "object" && each !== null && (each as Partial<AnyTask>).name === name && "prepare" in each;

async function run({ id, input, flag }: Extract<ToThread, { kind: "run" }>): Promise<void> {
  const duty: Duty = {
    isAborted: () => Atomics.load(flag, 0) === 1,
    progress: (done) => tell({ kind: "progress", id, done }),
  };
  const prepared = await preparing;
  if (!prepared) return;
  try {
    const output = await prepared.run(input, duty);
    tell({ kind: "done", id, output });
  } catch (error) {
    tell({ kind: "failed", id, error: sentError(error) });
  }
}

self.onmessage = ({ data }: MessageEvent<ToThread>) => {
  if (data.kind === "prepare") preparing = prepare(data);
  else void run(data);
};
