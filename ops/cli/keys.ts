/** `keys`: the exchange's key, sealed in the data folder. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { signerOf } from "../../services/s01-exchange/binance/signature.ts";
import { describeKey, masterKey, removeKey, sealKey } from "../run/exchange-keys.ts";
import { openFolder, originOf } from "../run/folder.ts";
import { exchangeName, MODES, type Mode } from "../run/origin.ts";
import type { Command } from "./command.ts";
import { choiceOption, DEFAULT_DATA, readOptions } from "./options.ts";
import { askSecret } from "./secret-prompt.ts";
import { dim, green, note, print, yellow } from "./terminal.ts";

const usage = `Usage: ./chimera keys set --mode testnet|live [--data DIR] [--private-key FILE]
       ./chimera keys show [--data DIR] [--json]
       ./chimera keys remove [--data DIR]

The exchange's key, encrypted in the data folder under a master key: CHIMERA_MASTER_KEY_FILE (32 bytes in hex, readable
by you alone), else one in the folder itself. It is never shown again, and opens only in the mode it was set for.

  set      asks for the key and its secret, or takes CHIMERA_NEW_API_KEY and CHIMERA_NEW_API_SECRET; a new key is in
           force at the next start
  --private-key FILE   an Ed25519 key (PEM) in place of a secret
  show     which key is there
  remove   forgets it; what is open at the exchange stays there

Make the key without the right to withdraw, bound to this machine's address: live trading takes no other.`;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(
    args,
    {
      mode: { type: "string" },
      data: { type: "string", default: DEFAULT_DATA },
      "private-key": { type: "string" },
      json: { type: "boolean", default: false },
    },
    "some",
  );
  const path = resolve(values.data);
  const [what = "show", ...more] = positionals;
  if (more.length > 0) throw new Error(`${JSON.stringify(more[0])} is one word too many. --help tells what there is.`);
  if (what === "set") return set(path, values.mode, values["private-key"]);
  const origin = originOf(path);
  if (!origin) throw new Error(`${path} holds no installation. ./chimera keys set --mode testnet makes one.`);
  if (what === "show") return show({ path, origin }, values.json);
  if (what !== "remove") throw new Error(`There is no keys ${what}: set, show or remove.`);
  removeKey({ path, origin });
  print(`${green("●")} The key is gone. A running installation holds it until it is stopped.`);
  return 0;
}

async function set(path: string, modeText: string | undefined, privateKeyFile: string | undefined): Promise<number> {
  const mode = wantedMode(path, modeText);
  const folder = openFolder(path, { mode, venue: exchangeName(process.env), account: "main" });
  const api_key = await given("CHIMERA_NEW_API_KEY", "API key: ");
  const secret = privateKeyFile
    ? readFileSync(privateKeyFile, "utf8").trim()
    : await given("CHIMERA_NEW_API_SECRET", "Secret: ");
  if (!/^[\w-]{16,256}$/.test(api_key)) throw new Error("An API key has 16 to 256 letters, digits, - and _.");
  if (secret.length < 16) throw new Error("The secret is too short to be one.");
  // A private key of the wrong kind is told now, not at the first order.
  signerOf(secret);
  sealKey(folder, masterKey(folder, process.env), { api_key, secret });
  print(`${green("●")} Stored for ${mode} in ${path}, in force at the next start.`);
  if (process.env.CHIMERA_MASTER_KEY_FILE === undefined) {
    note(dim("  Its master key lies in the same folder: CHIMERA_MASTER_KEY_FILE keeps it elsewhere."));
  }
  return 0;
}

function wantedMode(path: string, text: string | undefined): Mode {
  const kept = originOf(path)?.mode;
  if (text === undefined && kept === undefined) throw new Error("Say for what: --mode testnet or --mode live.");
  const mode = text === undefined ? (kept as Mode) : choiceOption("mode", text, MODES);
  if (mode === "paper") throw new Error("The paper venue wants no key.");
  return mode;
}

async function given(variable: string, question: string): Promise<string> {
  return (process.env[variable] ?? (await askSecret(question, `set ${variable}`))).trim();
}

function show(place: Parameters<typeof describeKey>[0], json: boolean): number {
  const key = describeKey(place);
  if (json) print(JSON.stringify({ mode: place.origin.mode, key: key ?? null }));
  else if (!key) print(`${yellow("●")} No key is stored for ${place.origin.mode}.`);
  else print(`${green("●")} The key that ends with ${key.ends_with}, for ${place.origin.mode}, set ${key.created_at}.`);
  return 0;
}

export const command: Command = { usage, run };
