import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { withSecretFiles } from "./secret-files.ts";

let folder: string;
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => removeFolder(folder));

function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

test("what a file holds is what the variable says, without the line's end", () => {
  const env = { CHIMERA_S01_API_KEY_FILE: file("a", "abc def\n"), CHIMERA_MODE: "paper", PATH: "/bin" };
  expect(withSecretFiles(env)).toEqual({ CHIMERA_S01_API_KEY: "abc def", CHIMERA_MODE: "paper", PATH: "/bin" });
});

test("what editors of other systems add, a mark at the head or a line end of two, is none of it", () => {
  const env = {
    CHIMERA_S01_API_KEY_FILE: file("a", "\ufeffabc\r\n"),
    CHIMERA_S01_API_SECRET_FILE: file("b", "d\ne\n\n"),
  };
  expect(withSecretFiles(env)).toEqual({ CHIMERA_S01_API_KEY: "abc", CHIMERA_S01_API_SECRET: "d\ne" });
});

test("Kubernetes mounts links, for the owner and the group to read", () => {
  mkdirSync(join(folder, "..data"));
  file("..data/key", "abc", 0o440);
  symlinkSync("..data/key", join(folder, "key"));
  expect(withSecretFiles({ CHIMERA_SERVICE_KEY_FILE: join(folder, "key") })).toEqual({ CHIMERA_SERVICE_KEY: "abc" });
});

test("every file that is of no use is named, and none of what is in them", () => {
  const env = {
    CHIMERA_SERVICE_KEY_FILE: join(folder, "none"),
    CHIMERA_S01_API_KEY_FILE: file("empty", " \n"),
    CHIMERA_S01_API_SECRET_FILE: file("open", "hidden", 0o644),
    CHIMERA_REDIS_PASSWORD_FILE: file("written", "hidden", 0o620),
    CHIMERA_ADMIN_PASSWORD_FILE: file("twice", "hidden"),
    CHIMERA_ADMIN_PASSWORD: "hidden",
    CHIMERA_S12_GRANT_KEY_FILE: folder,
  };
  let said = "";
  try {
    withSecretFiles(env);
  } catch (error) {
    said = (error as Error).message;
  }
  expect(said.split("\n").map((line) => line.trim().replaceAll(folder, "."))).toEqual([
    "Settings from files are wrong:",
    "CHIMERA_SERVICE_KEY_FILE: there is no ./none",
    "CHIMERA_S01_API_KEY_FILE: ./empty is empty",
    "CHIMERA_S01_API_SECRET_FILE: ./open can be read by others: chmod 600 ./open, or defaultMode: 0400 of a Kubernetes secret",
    "CHIMERA_REDIS_PASSWORD_FILE: ./written can be read by others: chmod 600 ./written, or defaultMode: 0400 of a Kubernetes secret",
    "CHIMERA_ADMIN_PASSWORD_FILE: CHIMERA_ADMIN_PASSWORD is set as well; leave one of them out",
    "CHIMERA_S12_GRANT_KEY_FILE: . is no file",
  ]);
  expect(said).not.toContain("hidden");
});

test("what is no secret may be readable by all, and the keys of the installation and of backups stay files", () => {
  const env = {
    CHIMERA_BUNDLE_TEXT_FILE: file("bundle", "a: 1\n", 0o644),
    CHIMERA_S01_GRANT_PUBLIC_KEY_FILE: file("grant.pub", "p", 0o644),
    CHIMERA_MASTER_KEY_FILE: join(folder, "none"),
    CHIMERA_BACKUP_KEY_FILE: join(folder, "none"),
  };
  expect(withSecretFiles(env)).toEqual({
    CHIMERA_BUNDLE_TEXT: "a: 1",
    CHIMERA_S01_GRANT_PUBLIC_KEY: "p",
    CHIMERA_MASTER_KEY_FILE: join(folder, "none"),
    CHIMERA_BACKUP_KEY_FILE: join(folder, "none"),
  });
});
