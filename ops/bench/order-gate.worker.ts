/** The exchange's front door for a benchmark, in a thread of its own so that nothing else delays its clock. */
declare const self: Worker;

const ORDER = "/fapi/v1/order";

/** Told once, first: where all requests go on to. */
self.onmessage = ({ data: { target, own } }: MessageEvent<{ target: string; own: string }>) => {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const at = performance.timeOrigin + performance.now();
      const path = request.url.slice(request.url.indexOf("/", 8));
      if (request.method === "POST" && path.startsWith(ORDER)) self.postMessage({ at });
      const body = request.body === null ? undefined : await request.text();
      // The bare program's orders stay here: the system must not hear of orders that are not its own.
      if (body?.includes(`symbol=${own}`)) return Response.json({ status: "EXPIRED" });
      const { method, headers } = request;
      const answer = await fetch(`${target}${path}`, { method, headers, ...(body !== undefined && { body }) });
      // Without its count of request weight: how many orders a minute may hold is not what is measured here.
      return new Response(await answer.text(), { status: answer.status });
    },
  });
  self.postMessage({ port: server.port });
};
