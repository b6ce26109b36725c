import { expect, test } from "bun:test";
import { readInfo } from "./server-figures.ts";

const INFO = (more = "") =>
  `# Clients\r\nconnected_clients:25\r\n\r\n# Memory\r\nused_memory:1048576\r\nused_memory_human:1.00M\r\nmaxmemory:4194304\r\n\r\n# Persistence\r\nrdb_last_bgsave_status:ok\r\naof_last_write_status:ok\r\n\r\n# Stats\r\nevicted_keys:3\r\n${more}`;

test("what INFO answers is read by name, whatever else it says", () => {
  expect(readInfo(INFO("new_thing:a:b\r\n"))).toEqual({
    ...{ memory_used_bytes: 1_048_576, memory_max_bytes: 4_194_304, clients: 25, evicted_keys: 3 },
    is_persisted: true,
  });
});

test("a write that did not reach the disk is told, whichever way it goes there", () => {
  for (const name of ["rdb_last_bgsave_status", "aof_last_write_status"])
    expect(readInfo(INFO().replace(`${name}:ok`, `${name}:err`)).is_persisted).toBe(false);
});
