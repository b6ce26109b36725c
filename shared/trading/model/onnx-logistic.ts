/**
 * Writes a logistic regression as an ONNX file: `p = 1/(1 + exp(−(x·W + b)))`, or with `(x − c)·W` about a centre.
 *
 * The format is protobuf; field numbers are those of onnx.proto3 (ModelProto, GraphProto, NodeProto, TensorProto).
 * Opset 13, IR version 8: input `x` of floats `[rows, inputs]`, output `p` of floats `[rows, 1]`.
 */

const IR_VERSION = 8;
const OPSET = 13;
const FLOAT = 1;
const PRODUCER = "chimera";

const text = new TextEncoder();

/**
 * `weights` in the order of the inputs, in log-odds per unit of input. All numbers are stored as 32-bit floats. About a
 * `centre`, inputs far from zero beside their spread (prices) lose nothing: the difference is exact where the product
 * would be rounded.
 */
export function logisticOnnx(weights: readonly number[], bias: number, centre?: readonly number[]): Uint8Array {
  const n = weights.length;
  const x = centre === undefined ? "x" : "xc";
  const graph = join(
    ...(centre === undefined ? [] : [message(1, node("Sub", ["x", "c"], x))]),
    message(1, node("MatMul", [x, "W"], "xW")),
    message(1, node("Add", ["xW", "b"], "z")),
    message(1, node("Sigmoid", ["z"], "p")),
    string(2, "logistic"),
    ...(centre === undefined ? [] : [message(5, tensor("c", [n], centre))]),
    message(5, tensor("W", [n, 1], weights)),
    message(5, tensor("b", [1], [bias])),
    message(11, valueInfo("x", ["rows", n])),
    message(12, valueInfo("p", ["rows", 1])),
  );
  const opset = join(string(1, ""), integer(2, OPSET));
  return join(integer(1, IR_VERSION), string(2, PRODUCER), message(7, graph), message(8, opset));
}

const node = (op: string, inputs: readonly string[], output: string): Uint8Array =>
  join(...inputs.map((name) => string(1, name)), string(2, output), string(3, `${op}_${output}`), string(4, op));

function tensor(name: string, dimensions: readonly number[], values: readonly number[]): Uint8Array {
  const raw = new DataView(new ArrayBuffer(4 * values.length));
  for (const [i, value] of values.entries()) raw.setFloat32(4 * i, value, true);
  const sizes = dimensions.map((size) => integer(1, size));
  return join(...sizes, integer(2, FLOAT), string(8, name), message(9, new Uint8Array(raw.buffer)));
}

/** A dimension with a name may have any size. */
function valueInfo(name: string, dimensions: readonly (string | number)[]): Uint8Array {
  const sizes = dimensions.map((d) => message(1, typeof d === "number" ? integer(1, d) : string(2, d)));
  const type = message(1, join(integer(1, FLOAT), message(2, join(...sizes))));
  return join(string(1, name), message(2, type));
}

const LENGTH_DELIMITED = 2;
const integer = (field: number, value: number): Uint8Array => join(varint(field << 3), varint(value));
const message = (field: number, body: Uint8Array): Uint8Array =>
  join(varint((field << 3) | LENGTH_DELIMITED), varint(body.length), body);
const string = (field: number, value: string): Uint8Array => message(field, text.encode(value));

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    const isLast = rest < 128;
    bytes.push((rest % 128) | (isLast ? 0 : 128));
    if (isLast) return Uint8Array.from(bytes);
  }
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
