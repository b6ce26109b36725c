/** `secrets make`: the secrets of a new installation, as files that containers and pods are handed. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { deployedUnits } from "../deploy/units.ts";
import { makeSecrets } from "../run/new-secrets.ts";
import type { Command } from "./command.ts";
import { readOptions } from "./options.ts";
import { bold, dim, green, print, yellow } from "./terminal.ts";

/** What the image runs as, and what compose.yaml runs everything as. */
const IMAGE_USER = { uid: 1000, gid: 1000 };
export const SECRETS_FOLDER = "ops/compose/secrets";

const usage = `Usage: ./chimera secrets make [DIR] [options]

Makes the secrets of a new installation, each in a file of its own that only its owner can read: the service key, the
pair of keys that funds are moved by, the tag of order ids, the master key, the first password, those of the stores and
of Redis, and a certificate for TLS between services with the authority that signed it. What is there already stays.

  DIR             where to (default ${SECRETS_FOLDER}, from which compose.yaml takes them)
  --from DATA     those of an installation that there is, with its exchange key, so that its data can move
  --owner UID:GID who is to own them (for root: ${IMAGE_USER.uid}:${IMAGE_USER.gid}, as whom containers run)
  --host NAME     one more name for the certificate, such as *.chimera.svc; may be given again
  --json          the files as JSON

Keep a copy of master-key, backup-key, s12-grant-key and installation-tag where the machine's end is not theirs.`;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(
    args,
    {
      from: { type: "string" },
      owner: { type: "string" },
      host: { type: "string", multiple: true, default: [] },
      json: { type: "boolean", default: false },
    },
    "some",
  );
  const [what, dir = SECRETS_FOLDER, ...more] = positionals;
  if (what !== "make" || more.length > 0) throw new Error("Say: ./chimera secrets make DIR. --help tells more.");
  const folder = resolve(dir);
  const units = await deployedUnits();
  const owner = ownerOf(values.owner);
  const made = await makeSecrets(folder, {
    hosts: [...units.map(({ name }) => name), "*.chimera.svc", "*.chimera.svc.cluster.local", ...values.host],
    owners: units.filter(({ id }) => id !== "venue").map(({ id }) => id),
    ...(values.from !== undefined && { from: values.from }),
    ...(owner && { owner }),
    now: Date.now(),
  });
  if (values.json) {
    print(JSON.stringify({ folder, files: made }));
    return 0;
  }
  const fresh = made.filter(({ isNew }) => isNew).length;
  print(`${green("●")} ${bold(`${fresh} secrets made`)} in ${folder}, ${made.length - fresh} were there already`);
  print(`  Sign in  admin, with what is in ${resolve(folder, "admin-password")}`);
  const { uid, gid } = statSync(folder);
  if (uid !== IMAGE_USER.uid && !values.json) {
    print(`  ${yellow("Owner")}    they belong to user ${uid}: let containers run as it,`);
    print(dim(`           CHIMERA_UID=${uid} CHIMERA_GID=${gid} in ops/compose/.env`));
  }
  return 0;
}

function ownerOf(text: string | undefined): { uid: number; gid: number } | undefined {
  if (text === undefined) return process.getuid?.() === 0 ? IMAGE_USER : undefined;
  const [, uid, gid] = /^(\d{1,6}):(\d{1,6})$/.exec(text) ?? [];
  if (uid === undefined || gid === undefined) throw new Error("--owner is UID:GID, two numbers, such as 1000:1000.");
  return { uid: Number(uid), gid: Number(gid) };
}

export const command: Command = { usage, run };
