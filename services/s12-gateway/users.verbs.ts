/** Users over REST, for admins who have just proved who they are. */
import { z } from "@hono/zod-openapi";
import { users as records } from "../../shared/collections/people.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { Paging } from "../../shared/kit/rest.ts";
import { type Call, type Verb, verb } from "../../shared/kit/service.ts";
import type { SignIn } from "./sign-in.ts";
import { mustBeFresh } from "./sign-in.verbs.ts";
import { NewUser, Role, UserAnswer, Username, UserWithPassword } from "./types.ts";
import { type Users, viewOf } from "./users.ts";

const Named = z.object({ username: Username });
const roles = ["admin"] as const;

export function userVerbs(users: Users, signIn: SignIn, store: Pick<Store, "query">): Verb[] {
  const fresh =
    <I, O>(run: (input: I, actor: string) => Promise<O>) =>
    async (input: I, call: Call): Promise<O> => {
      await mustBeFresh(signIn, call);
      return run(input, call.principal.id);
    };
  const toggle = (name: string, path: string, disabled: boolean) =>
    verb({
      name,
      summary: disabled ? "Lock a user out; ends their sessions and API keys" : "Let a disabled user in again",
      rest: `POST /users/{username}/${path}`,
      roles,
      once: "body",
      input: Named,
      output: UserAnswer,
      run: fresh(({ username }, actor) => users.setDisabled(username, disabled, actor)),
    });
  return [
    verb({
      name: "listUsers",
      summary: "Who may sign in, by name",
      rest: "GET /users",
      roles,
      input: z.object(Paging),
      output: z.object({ items: z.array(UserAnswer), next_cursor: z.string().optional() }),
      async run({ limit, cursor }) {
        const page = await store.query(records, { limit, ...(cursor !== undefined && { cursor }) });
        const items = page.items.map(({ value }) => viewOf(value));
        return { items, ...(page.next_cursor !== undefined && { next_cursor: page.next_cursor }) };
      },
    }),
    verb({
      name: "addUser",
      summary: "Make a user; answers the one-time password, shown this once",
      rest: "POST /users",
      roles,
      once: "never",
      input: NewUser,
      output: UserWithPassword,
      run: fresh(async ({ username, role }, actor) => {
        const { user, password } = await users.add(username, role, actor);
        return { ...user, one_time_password: password };
      }),
    }),
    verb({
      name: "setUserRole",
      summary: "Give a user another role; ends their sessions",
      rest: "POST /users/{username}/role",
      roles,
      once: "body",
      input: Named.extend({ role: Role }),
      output: UserAnswer,
      run: fresh(({ username, role }, actor) => users.setRole(username, role, actor)),
    }),
    toggle("disableUser", "disable", true),
    toggle("enableUser", "enable", false),
    verb({
      name: "resetPassword",
      summary: "Give a user a new one-time password, shown this once; ends their sessions",
      rest: "POST /users/{username}/reset-password",
      roles,
      once: "never",
      input: Named.extend({
        drop_second_factor: z
          .boolean()
          .default(false)
          .openapi({ description: "Also forget a second factor that is lost" }),
      }),
      output: UserWithPassword,
      run: fresh(async ({ username, drop_second_factor }, actor) => {
        const { user, password } = await users.reset(username, drop_second_factor, actor);
        return { ...user, one_time_password: password };
      }),
    }),
  ];
}
