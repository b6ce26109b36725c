/** How one call gets on its way: to a neighbour in this process or over HTTP. */
import type { Contract, Method } from "../contracts.ts";
import type { CallOptions, Service } from "./service.ts";

export type Reach = (
  from: Service,
  contract: Contract,
  method: Method,
) => (input: unknown, options: CallOptions) => Promise<unknown>;
