/** Models in ONNX, run in this process by onnxruntime; nothing of it is loaded before the first model is. */
import { Problem, refuse } from "../errors.ts";
import type { Clock, Inference, LoadedModel } from "../kit/ports.ts";

type Runtime = typeof import("onnxruntime-node");
type Session = Awaited<ReturnType<Runtime["InferenceSession"]["create"]>>;
/** The classifier's probabilities: one a row, or one for each of two classes. */
const CLASSES = 2;
const FLOAT = "float32";
/** Rows of it have the same sum in the same order whatever else the machine does. */
const ONE_THREAD = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 } as const;

/** `clock` waits for what is computed beside this thread. */
export function onnxInference(clock: Pick<Clock, "hold">): Inference {
  let loading: Promise<Runtime> | undefined;
  const runtime = () => {
    loading ??= import("onnxruntime-node");
    return loading;
  };

  async function load(onnx: Uint8Array, inputs: number): Promise<LoadedModel> {
    const onnxruntime = await runtime();
    const session = await onnxruntime.InferenceSession.create(onnx, ONE_THREAD).catch((cause: unknown) => {
      throw new Problem("RULE", `The model cannot be read: ${firstLine(cause)}`, { cause });
    });
    try {
      const ends = endsOf(session, inputs);
      const run = (rows: Rows) => answer(onnxruntime, session, ends, rows);
      // A trial run: what a model says of its shapes is not always so.
      await run([new Array(inputs).fill(0), new Array(inputs).fill(1)]).catch((cause: unknown) => {
        throw new Problem("RULE", `The model does not run: ${firstLine(cause)}`, { cause });
      });
      return { run: (rows) => clock.hold(run(rows)), release: () => session.release() };
    } catch (error) {
      await session.release();
      throw error;
    }
  }
  return { load: (onnx, inputs) => clock.hold(load(onnx, inputs)) };
}

interface Ends {
  input: string;
  output: string;
  inputs: number;
}

function endsOf({ inputMetadata, outputMetadata }: Session, inputs: number): Ends {
  const [input, ...more] = inputMetadata;
  if (!input?.isTensor || input.type !== FLOAT || more.length > 0) refuse("RULE", "It must have one input, of floats.");
  const width = input.shape.at(-1);
  if (input.shape.length !== 2 || (typeof width === "number" && width > 0 && width !== inputs)) {
    refuse("RULE", `It takes [${input.shape.join(", ")}], not [rows, ${inputs}].`);
  }
  const output = outputMetadata.find((each) => each.isTensor && each.type === FLOAT);
  if (!output) refuse("RULE", "It gives no floats; leave maps of probabilities out when it is exported.");
  return { input: input.name, output: output.name, inputs };
}

type Rows = readonly (readonly number[])[];

async function answer(
  { Tensor }: Runtime,
  session: Session,
  { input, output, inputs }: Ends,
  rows: Rows,
): Promise<number[]> {
  const flat = Float32Array.from(rows.flat());
  const given = { [input]: new Tensor(FLOAT, flat, [rows.length, inputs]) };
  const { data } = (await session.run(given, [output]))[output] as { data: Float32Array };
  const columns = data.length / rows.length;
  if (columns !== 1 && columns !== CLASSES) throw new Error(`It gives ${data.length} numbers for ${rows.length} rows.`);
  return rows.map((_, i) => {
    // Of two classes the second one is `pos`.
    const p = data[(i + 1) * columns - 1] as number;
    if (!(p >= 0 && p <= 1)) throw new Error(`It gives ${p}, which is no probability.`);
    return p;
  });
}

const firstLine = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split("\n")[0]?.slice(0, 200) ?? "";
