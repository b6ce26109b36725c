/** Order parameters that spot and USDⓈ-M share: side and client ids. */
import type { Side } from "../../../shared/domain/order.ts";
import type { Desk } from "./desk.ts";
import { errors } from "./errors.ts";
import type { Params } from "./request.ts";

export function sideOf(params: Params): Side {
  const side = params.mustText("side");
  if (side !== "BUY" && side !== "SELL") throw errors.side();
  return side;
}

const CLIENT_ID_BYTES = 11;
export const madeClientId = (desk: Desk): string =>
  `web_${Buffer.from(desk.random.bytes(CLIENT_ID_BYTES)).toString("hex")}`.slice(0, 22);
