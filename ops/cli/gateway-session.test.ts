import { afterAll, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import { atTerminal } from "./terminal.fixture.ts";

const FILE = join(import.meta.dir, "gateway-session.ts");
const GATEWAY_PORT = 8092;
const PASSWORD = "rita-own-pass-1";
const CODE = "123456";

interface Asked {
  path: string;
  body: Record<string, unknown>;
  token: string | undefined;
}
let asked: Asked[] = [];
/** Once: what the next change is answered with. */
let refusal: string | undefined;

/** A gateway where the password and a code are needed, and a token of long ago is not fresh. */
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    const { pathname: path } = new URL(request.url);
    const body = (await request.json()) as Record<string, unknown>;
    asked.push({ path, body, token: request.headers.get("authorization")?.slice("Bearer ".length) });
    const isProof = path.endsWith("/login") || path.endsWith("/confirm");
    const isProven = body.password === PASSWORD && body.totp === CODE;
    const code = isProof ? (isProven ? undefined : "BAD_CREDENTIALS") : refusal;
    if (!isProof) refusal = undefined;
    if (code) return Response.json({ title: "It is wrong", detail: "It is wrong.", code }, { status: 401 });
    return Response.json({ access_token: "token-1", done: true });
  },
});
beforeEach(() => {
  asked = [];
  refusal = undefined;
});
afterAll(() => server.stop(true));

const script = (work: string) => `
  import { signIn } from ${JSON.stringify(FILE)};
  const session = await signIn({ user: "rita", code: false });
  ${work}
  await session.end();
  console.log("all done");
`;
const envOf = (more: Record<string, string>) => ({
  ...{ PATH: process.env.PATH ?? "", NO_COLOR: "1" },
  CHIMERA_PORT_OFFSET: String((server.port ?? 0) - GATEWAY_PORT),
  ...more,
});

async function withoutTerminal(env: Record<string, string>, work = ""): Promise<string> {
  const child = Bun.spawn([process.execPath, "-e", script(work)], {
    ...{ env: envOf(env), stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  });
  const said = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  await child.exited;
  return said.join("");
}

test("without a terminal the code comes from the environment, and what is missing is said", async () => {
  expect(await withoutTerminal({ CHIMERA_PASSWORD: PASSWORD })).toContain(
    "Is there a second factor? Set CHIMERA_TOTP.",
  );
  expect(await withoutTerminal({})).toContain("set CHIMERA_PASSWORD, or CHIMERA_TOKEN");
  asked = [];
  expect(await withoutTerminal({ CHIMERA_PASSWORD: PASSWORD, CHIMERA_TOTP: CODE })).toContain("all done");
  expect(asked.map(({ path, token }) => [path, token])).toEqual([
    ["/auth/login", undefined],
    ["/auth/logout", "token-1"],
  ]);
  expect(asked[0]?.body).toEqual({ username: "rita", password: PASSWORD, totp: CODE });
}, 300_000);

test("a token that is no fresh proof is confirmed, and what was asked is asked again", async () => {
  refusal = "CONFIRM";
  const env = { CHIMERA_TOKEN: "old-token", CHIMERA_PASSWORD: PASSWORD, CHIMERA_TOTP: CODE };
  expect(await withoutTerminal(env, `await session.post("/users", { username: "tom" });`)).toContain("all done");
  expect(asked.map(({ path, token }) => [path, token])).toEqual([
    ["/api/v1/users", "old-token"],
    ["/api/v1/auth/confirm", "old-token"],
    ["/api/v1/users", "old-token"],
  ]);
}, 300_000);

test("who is refused with the password alone is asked for a code at the terminal, which is not shown", async () => {
  const { code, seen } = await atTerminal({
    script: script(""),
    env: envOf({}),
    answers: [
      ["Password of rita: ", PASSWORD],
      ["Code of the second factor", CODE],
    ],
  });
  expect([code, seen]).toEqual([0, expect.stringContaining("all done")]);
  expect(asked.map(({ body }) => body.totp)).toEqual([undefined, CODE, undefined]);
  for (const secret of [PASSWORD, CODE]) expect(seen).not.toContain(secret);
}, 300_000);
