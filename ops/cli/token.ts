/** `token`: lets a person at the terminal ask one service at its own port, for a few minutes. */
import { PERSON_TOKEN_TTL_MS_MAX } from "../../shared/kit/auth.ts";
import type { Role } from "../../shared/kit/service.ts";
import { findService, loadServices } from "../services.ts";
import type { Command } from "./command.ts";
import { mintFor, portOf } from "./gate.ts";
import { DEFAULT_DATA, numberOption, readOptions } from "./options.ts";
import { dim, note, print } from "./terminal.ts";

const ROLES = ["viewer", "researcher", "trader", "risk", "admin"];

const usage = `Usage: ./chimera token --service s04 [--role viewer] [--minutes 10] [--data DIR]

Prints a token for one service's own port (8081-8091), at most ten minutes long, viewer unless asked.

  curl -H "Authorization: Bearer $(./chimera token --service s04)" http://127.0.0.1:8084/orders`;

async function run(args: string[]): Promise<number> {
  const { values } = readOptions(args, {
    service: { type: "string" },
    role: { type: "string", default: "viewer" },
    minutes: { type: "string" },
    data: { type: "string", default: DEFAULT_DATA },
  });
  const services = await loadServices();
  const service = findService(services, values.service ?? "");
  if (!service) throw new Error(`Name a service with --service: ${services.map((s) => s.name).join(", ")}.`);
  if (service.id === "s12") throw new Error("The gateway takes sign-ins: POST /auth/login. Tokens are for 8081-8091.");
  if (!ROLES.includes(values.role)) throw new Error(`--role is one of ${ROLES.join(", ")}.`);
  const most = PERSON_TOKEN_TTL_MS_MAX / 60_000;
  const minutes = numberOption("minutes", values.minutes, { fallback: most, min: 1, max: most });
  print(await mintFor(values.data, service, values.role as Role, minutes * 60_000));
  if (process.stdout.isTTY)
    note(dim(`For ${service.name} at http://127.0.0.1:${portOf(service)}, ${minutes} minutes.`));
  return 0;
}

export const command: Command = { usage, run };
