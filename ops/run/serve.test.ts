import { expect, test } from "bun:test";
import { listen } from "./serve.ts";

test("who leaves says so with each answer, finishes what is in hand, and then is gone", async () => {
  const inHand = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const served = listen("a test", {
    port: 0,
    async answer(request) {
      if (request.url.endsWith("/slow")) {
        inHand.resolve();
        await answered.promise;
      }
      return new Response("here");
    },
  });
  const ask = (path: string) => fetch(`http://127.0.0.1:${served.port}${path}`);
  expect((await ask("/")).headers.get("connection")).not.toBe("close");
  const slow = ask("/slow");
  await inHand.promise;
  served.leave();
  expect((await ask("/")).headers.get("connection")).toBe("close");
  const finished = served.finish();
  answered.resolve();
  expect(await (await slow).text()).toBe("here");
  await finished;
  expect(ask("/")).rejects.toThrow();
});
