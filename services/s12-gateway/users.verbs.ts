/** Users over REST, for admins who have just proved who they are, and with another one's word. */
import { z } from "@hono/zod-openapi";
import { users as records } from "../../shared/collections/people.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { type Call, type Principal, type Verb, verb } from "../../shared/kit/service.ts";
import { ListOf, Paging, pageOf, placeOf } from "../../shared/paging.ts";
import { NewUser, Role, UserAnswer, Username, UserWithPassword } from "./types.ts";
import { type By, type Users, viewOf } from "./users.ts";

const Named = z.object({ username: Username });
const care = "fresh";
const roles = ["admin"] as const;
const by = ({ principal, also }: Call): By => ({ actor: principal.id, ...(also && { also }) });

export function userVerbs(users: Users, store: Pick<Store, "query">): Verb[] {
  /** Of an admin beside whom there is none, nobody could allow what it takes to have a second one. */
  const unlessAlone =
    <I>(words: (input: I) => string) =>
    async (input: I, who: Principal): Promise<string | undefined> =>
      (await users.hasOtherAdmin(who.id)) ? words(input) : undefined;
  const toggle = (name: string, path: string, disabled: boolean) =>
    verb({
      name,
      summary: disabled ? "Lock a user out; ends their sessions and API keys" : "Let a disabled user in again",
      rest: `POST /users/{username}/${path}`,
      ...{ roles, care },
      once: "body",
      input: Named,
      output: UserAnswer,
      second: ({ username }) =>
        disabled ? `Lock ${username} out, and end their API keys` : `Let ${username} in again`,
      run: ({ username }, call) => users.setDisabled({ username, disabled }, by(call)),
    });
  return [
    verb({
      name: "listUsers",
      summary: "Who may sign in, by name",
      rest: "GET /users",
      roles,
      input: z.object(Paging),
      output: ListOf(UserAnswer),
      run: async (asked) => pageOf(await store.query(records, placeOf(asked)), viewOf),
    }),
    verb({
      name: "addUser",
      summary: "Make a user; answers the one-time password, shown this once",
      rest: "POST /users",
      ...{ roles, care },
      once: "never",
      input: NewUser,
      output: UserWithPassword,
      second: unlessAlone(({ username, role }) => `Make the user ${username} with the role ${role}`),
      async run(input, call) {
        const { user, password } = await users.add(input, by(call));
        return { ...user, one_time_password: password };
      },
    }),
    verb({
      name: "setUserRole",
      summary: "Give a user another role; ends their sessions",
      rest: "POST /users/{username}/role",
      ...{ roles, care },
      once: "body",
      input: Named.extend({ role: Role }),
      output: UserAnswer,
      second: ({ username, role }) => `Give ${username} the role ${role}`,
      run: (input, call) => users.setRole(input, by(call)),
    }),
    toggle("disableUser", "disable", true),
    toggle("enableUser", "enable", false),
    verb({
      name: "resetPassword",
      summary: "Give a user a new one-time password, shown this once; ends their sessions",
      rest: "POST /users/{username}/reset-password",
      ...{ roles, care },
      once: "never",
      input: Named.extend({
        drop_second_factor: z
          .boolean()
          .default(false)
          .openapi({ description: "Also forget a second factor that is lost" }),
      }),
      output: UserWithPassword,
      second: unlessAlone(({ username, drop_second_factor: isDropped }) => {
        return `Give ${username} a new one-time password${isDropped ? ", and forget their second factor" : ""}`;
      }),
      async run({ username, drop_second_factor }, call) {
        const { user, password } = await users.reset(username, drop_second_factor, by(call));
        return { ...user, one_time_password: password };
      },
    }),
  ];
}
