/** A gateway with its market stopped, and people and programs who ask it for things. */
import { whileRunning } from "../../ops/sim/requests.ts";
import { openSimulation, type Simulation, type SimulationOptions } from "../../ops/sim/simulate.ts";
import { quietMarket } from "../../ops/venue/quiet.ts";
import { put } from "../../shared/changes.ts";
import { users } from "../../shared/collections/people.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import type { Role } from "../../shared/kit/service.ts";
import { hashPassword, SALT_BYTES } from "./passwords.ts";
import { PATIENT } from "./session.fixture.ts";

export const PASSWORD = "correct-horse-1";
const READY_MS = 3_000;

export interface Said {
  status: number;
  code?: string;
  body: Record<string, unknown>;
  headers: Headers;
}

export async function openGateway(
  seed: string,
  env: Record<string, string> = {},
  more: Pick<SimulationOptions, "storeTroubles"> = {},
) {
  const sim: Simulation = await openSimulation({
    seed,
    ...more,
    market: async (clock) => quietMarket(defaultListings(), clock),
    env: { ...PATIENT, CHIMERA_ADMIN_PASSWORD: PASSWORD, ...env },
    freeze: true,
  });
  await sim.advance(READY_MS);
  const store = sim.world.store("s12");
  const hash = hashPassword(PASSWORD, new Uint8Array(SALT_BYTES));
  const running = <T>(work: Promise<T>): Promise<T> => whileRunning(sim.clock, work);

  /** `asked` is a method and a path: `POST /users`. Answered once the clock runs. */
  async function send(
    asked: string,
    token?: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Said> {
    const [method, path] = asked.split(" ") as [string, string];
    const request = new Request(`http://127.0.0.1:8092${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(method !== "GET" && { "content-type": "application/json" }),
        ...headers,
      },
      ...(method !== "GET" && { body: JSON.stringify(body ?? {}) }),
    });
    const response = await sim.services.hosted.get("s12")!.fetch(request);
    const answer = (await response.json()) as Record<string, unknown>;
    const said: Said = { status: response.status, body: answer, headers: response.headers };
    return typeof answer.code === "string" ? { ...said, code: answer.code } : said;
  }
  const ask = (...asked: Parameters<typeof send>): Promise<Said> => running(send(...asked));
  const login = (username: string, password = PASSWORD, totp?: string) =>
    ask("POST /auth/login", undefined, { username, password, ...(totp !== undefined && { totp }) });
  const tokenOf = async (username: string, password = PASSWORD, totp?: string): Promise<string> =>
    String((await login(username, password, totp)).body.access_token);

  return {
    sim,
    running,
    ask,
    /** All at the same moment. */
    askAll: (...asked: Parameters<typeof send>[]) => running(Promise.all(asked.map((each) => send(...each)))),
    login,
    tokenOf,
    store,
    /** A user of that role with a password of their own; answers a session's access token. */
    async join(username: string, role: Role): Promise<string> {
      const person = {
        username,
        password_hash: await hash,
        role,
        disabled: false,
        generation: 1,
        created_at: sim.clock.now(),
      };
      await store.commit([put(users, person)]);
      return tokenOf(username);
    },
    stop: () => running(sim.services.stop()),
  };
}
export type Gateway = Awaited<ReturnType<typeof openGateway>>;
