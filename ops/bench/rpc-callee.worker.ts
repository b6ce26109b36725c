/** A process that answers one call in every form that the benchmark of calls compares; says its port, then serves. */
import { create } from "@bufbuild/protobuf";
import { createConnectRouter } from "@connectrpc/connect";
import { createFetchHandler, type UniversalHandler } from "@connectrpc/connect/protocol";
import { PlaceOrderResponseSchema, RouterService } from "../../proto/gen/chimera/router/v1/router_pb.ts";
import { wallClock } from "../../shared/adapters/clock.ts";
import { router } from "../../shared/contracts.ts";
import type { OrderAnswer } from "../../shared/domain/order.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { rpcHandler, rpcPath } from "../../shared/kit/rpc.ts";
import type { Principal } from "../../shared/kit/service.ts";

const answer = (intent_id: string): OrderAnswer => ({
  ...{ intent_id, status: "ACCEPTED", filled_qty: "0", fills: [] },
  order_ids: ["8886774"],
  client_order_ids: ["abcd-0123456789abcdef0123456789abcd"],
});

const clock = wallClock();
const tokens = createTokens(new Uint8Array(Buffer.from(process.argv[2] as string, "hex")), clock);
const anyone: Principal = { kind: "service", id: "s03", role: "admin" };
const method = router.methods.placeOrder;
const run = async (input: unknown) => answer((input as { intent: { intent_id: string } }).intent.intent_id);
const codec = rpcHandler(method, { clock, run, whoAsks: async () => anyone });
const checked = rpcHandler(method, {
  clock,
  run,
  whoAsks: (request) => tokens.verify(request.headers.get("authorization")?.slice("Bearer ".length) ?? "", "s04"),
});

const stockRouter = createConnectRouter({ grpc: false, grpcWeb: false }).service(RouterService, {
  placeOrder({ intent }) {
    const { intent_id, order_ids, client_order_ids, filled_qty, status } = answer(intent?.intentId ?? "");
    return create(PlaceOrderResponseSchema, {
      ...{ intentId: intent_id, orderIds: order_ids, clientOrderIds: client_order_ids, filledQty: filled_qty, status },
    });
  },
});
const path = rpcPath(router, method);
const stockHandler = stockRouter.handlers.find(({ requestPath }) => requestPath === path) as UniversalHandler;
const stock = createFetchHandler(stockHandler, { httpVersion: "1.1" });

const forms: Record<string, (request: Request) => Promise<Response>> = {
  raw: async (request) => Response.json(await run(await request.json())),
  codec,
  checked,
  stock: (request) => stock(new Request(new URL(path, request.url), request)),
};
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request) {
    const form = forms[new URL(request.url).pathname.split("/")[1] as string];
    return form ? form(request) : new Response("", { status: 404 });
  },
});
process.stdout.write(`${server.port}\n`);
