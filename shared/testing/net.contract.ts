/** What every Net must do towards a peer that behaves, misbehaves or is not there. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type Net, NetError } from "../kit/ports.ts";

export interface NetWorld {
  net: Net;
  /**
   * An HTTP peer. `/echo` answers 200 with method, a header `x-asked` and body as JSON, and the header `X-Mixed: Yes`;
   * `/status/N` answers N; `/redirect` sends to /echo; `/hang` never answers; `/cut` closes without an answer after it
   * has read the request; `/long` answers 2 MB. At `/socket` a WebSocket echoes; "bye" makes it close with 4000 "done".
   */
  http: string;
  ws: string;
  /** Where nobody listens. */
  nobody: string;
  end(): Promise<void>;
}

/** The adapter is opened with a limit of 1 MB. */
export function netContract(name: string, begin: () => Promise<NetWorld>): void {
  describe(name, () => {
    let world: NetWorld;
    beforeEach(async () => {
      world = await begin();
    });
    afterEach(() => world.end());
    const now = {
      get world() {
        return world;
      },
    };
    describe("requests", () => requests(now));
    describe("sockets", () => sockets(now));
  });
}

type Now = { readonly world: NetWorld };
const ask = (now: Now, path: string, more: { method?: string; body?: string; timeoutMs?: number } = {}) =>
  now.world.net.fetch({
    method: "GET",
    url: now.world.http + path,
    headers: { "X-Asked": "this" },
    timeoutMs: 5_000,
    ...more,
  });
const failure = async (asked: Promise<unknown>): Promise<NetError> => {
  const error = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NetError);
  return error as NetError;
};

function requests(now: Now): void {
  test("carry method, headers and body there, status, lower-case headers and body back", async () => {
    const answer = await ask(now, "/echo", { method: "POST", body: "a=1&ü" });
    expect(answer.status).toBe(200);
    expect(answer.headers["x-mixed"]).toBe("Yes");
    expect(JSON.parse(answer.body)).toEqual({ method: "POST", asked: "this", body: "a=1&ü" });
  });

  test("answer with the peer's status, whatever it is", async () => {
    for (const status of [204, 400, 418, 429, 500, 503])
      expect((await ask(now, `/status/${status}`)).status).toBe(status);
  });

  test("follow no redirect", async () => {
    const answer = await ask(now, "/redirect");
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toContain("/echo");
  });

  test("many at once each get their own answer", async () => {
    const asked = Array.from({ length: 40 }, (_, at) => ask(now, "/echo", { method: "POST", body: String(at) }));
    const bodies = (await Promise.all(asked)).map((answer) => JSON.parse(answer.body).body);
    expect(bodies).toEqual(Array.from({ length: 40 }, (_, at) => String(at)));
  });

  test("to nobody are refused: certainly not sent", async () => {
    const url = `http://${now.world.nobody}/`;
    expect((await failure(now.world.net.fetch({ method: "GET", url, headers: {}, timeoutMs: 5_000 }))).kind).toBe(
      "refused",
    );
  });

  test("to an address that is none are refused", async () => {
    for (const url of ["", "nonsense", "ftp://a/", "file:///etc/passwd", "http://", "data:text/plain,x"]) {
      const asked = now.world.net.fetch({ method: "GET", url, headers: {}, timeoutMs: 5_000 });
      expect((await failure(asked)).kind).toBe("refused");
    }
  });

  test("whose answer does not come, is cut off or is too long may have been received", async () => {
    expect((await failure(ask(now, "/hang", { timeoutMs: 30 }))).kind).toBe("unknown");
    expect((await failure(ask(now, "/cut", { method: "POST", body: "x" }))).kind).toBe("unknown");
    expect((await failure(ask(now, "/long"))).kind).toBe("unknown");
    expect((await ask(now, "/echo")).status).toBe(200);
  });
}

/** A socket and all that happened to it. */
function listen(now: Now, url = `${now.world.ws}/socket`) {
  const seen: string[] = [];
  const changed = new Set<() => void>();
  const note = (line: string) => {
    seen.push(line);
    for (const wake of changed) wake();
  };
  const socket = now.world.net.connect(url, {
    open: () => note("open"),
    message: (text) => note(`message ${text}`),
    close: (reason) => note(`close ${reason}`),
  });
  const until = async (holds: () => boolean) => {
    while (!holds()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      changed.add(resolve);
      await promise;
      changed.delete(resolve);
    }
  };
  return { socket, seen, until, closed: () => seen.some((line) => line.startsWith("close")) };
}

function sockets(now: Now): void {
  test("open, carry texts both ways in order, and close once", async () => {
    const { socket, seen, until, closed } = listen(now);
    await until(() => seen.length === 1);
    socket.send("one");
    socket.send("ü");
    await until(() => seen.length === 3);
    socket.close();
    socket.close();
    await until(closed);
    socket.close();
    await ask(now, "/echo");
    expect(seen.slice(0, 3)).toEqual(["open", "message one", "message ü"]);
    expect(seen.filter((line) => line.startsWith("close")).length).toBe(1);
  });

  test("tell why the peer closed, and send nothing afterwards", async () => {
    const { socket, seen, until, closed } = listen(now);
    await until(() => seen.length === 1);
    socket.send("bye");
    await until(closed);
    expect(seen).toEqual(["open", "close 4000 done"]);
    expect(() => socket.send("more")).toThrow(NetError);
  });

  test("that never open close once, and take no text before they are open", async () => {
    const { socket, seen, until, closed } = listen(now, `ws://${now.world.nobody}/`);
    expect(() => socket.send("early")).toThrow(NetError);
    expect(seen).toEqual([]);
    await until(closed);
    await ask(now, "/echo");
    expect(seen.length).toBe(1);
  });

  test("closed before they open never open", async () => {
    const { socket, seen, until, closed } = listen(now);
    socket.close();
    await until(closed);
    await ask(now, "/echo");
    expect(seen.length).toBe(1);
  });
}
