/** The control messages of a stream connection: reading them, and Binance's answers to bad ones. */
import { readId, type WsId } from "./binance/ws-api.ts";

const METHODS = ["SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY"] as const;
export type ControlMethod = (typeof METHODS)[number];

export interface Control {
  readonly method: ControlMethod;
  readonly params: readonly unknown[];
  readonly id: WsId;
}

/** A control message that is answered with an error. */
export class ControlError extends Error {
  readonly code: number;
  readonly id: WsId;
  constructor(code: number, message: string, id: WsId) {
    super(message);
    this.name = "ControlError";
    this.code = code;
    this.id = id;
  }
}

export const controlErrors = {
  json: () => new ControlError(3, "Invalid JSON: expected value at line 1 column 1", null),
  property: (id: WsId) => new ControlError(0, "Unknown property", id),
  notBoolean: (id: WsId) => new ControlError(1, "Invalid value type: expected Boolean", id),
  request: (what: string, id: WsId) => new ControlError(2, `Invalid request: ${what}`, id),
};

export const controlAnswer = (result: unknown, id: WsId): string => JSON.stringify({ result, id });

export const controlRefusal = ({ code, message: msg, id }: ControlError): string =>
  JSON.stringify({ error: { code, msg }, id });

/** Throws a ControlError. */
export function readControl(text: string): Control {
  const value = parsed(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw controlErrors.json();
  const { method, params, id } = value as Record<string, unknown>;
  const known = readId(id);
  if (method === undefined) throw controlErrors.request("missing field `method` at line 1 column 1", known);
  const name = METHODS.find((each) => each === method);
  if (!name) throw controlErrors.request(unknownVariant(method), known);
  if (known === null && id !== null) throw controlErrors.request("request ID must be an unsigned integer", null);
  if (params !== undefined && params !== null && !Array.isArray(params)) {
    throw controlErrors.request("params must be an array", known);
  }
  return { method: name, params: Array.isArray(params) ? params : [], id: known };
}

function unknownVariant(method: unknown): string {
  const said = String(method).replace(/[^\w]/g, "?").slice(0, 30);
  return `unknown variant ${said}, expected one of ${METHODS.map((name) => `\`${name}\``).join(", ")} at line 1 column 1`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw controlErrors.json();
  }
}
