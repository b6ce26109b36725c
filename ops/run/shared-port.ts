/** One port for two processes on Linux, and which of them new connections go to. */
import { dlopen, ptr } from "bun:ffi";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

const FILES = "/proc/self/fd";
const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];
/** As these tables write a listening socket's state. */
const LISTENING = "0A";
/** Of asm-generic/socket.h. */
const SOL_SOCKET = 1;
const SO_ATTACH_REUSEPORT_CBPF = 51;
/** BPF_RET | BPF_K: answers a constant. */
const RETURN_CONSTANT = 0x06;
const INSTRUCTION_BYTES = 8;
const PROGRAM_BYTES = 16;

/** Elsewhere a port has one listener. */
export const canSharePorts = process.platform === "linux";

/** Sockets that listen there, at any address; `fd`: of those that are this process's own. */
function listenersAt(port: number): { address: string; fd: number | undefined }[] {
  const own = new Map<string, number>();
  for (const file of readdirSync(FILES)) {
    const inode = socketOf(file);
    if (inode !== undefined) own.set(inode, Number(file));
  }
  return TABLES.flatMap(rowsOf)
    .filter((row) => row.port === port && row.state === LISTENING)
    .map(({ address, inode }) => ({ address, fd: own.get(inode) }));
}

/** Whether another process listens at an address and port at which this one does; false where nobody can tell. */
export function isAlsoOthers(port: number): boolean {
  try {
    const all = listenersAt(port);
    const here = new Set(all.filter(({ fd }) => fd !== undefined).map(({ address }) => address));
    return all.some(({ address, fd }) => fd === undefined && here.has(address));
  } catch {
    return false;
  }
}

function socketOf(file: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${FILES}/${file}`))?.[1];
  } catch {
    // Closed meanwhile.
    return undefined;
  }
}

/** `sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode`, numbers in hex. */
function rowsOf(table: string): { address: string; port: number; state: string; inode: string }[] {
  // Machines without IPv6 have no table of it.
  if (!existsSync(table)) return [];
  const [, ...lines] = readFileSync(table, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [, local = "", , state = "", , , , , , inode = ""] = line.trim().split(/\s+/);
    const [address = "", port = ""] = local.split(":");
    return { address, port: Number.parseInt(port, 16), state, inode };
  });
}

/**
 * From here on every new connection is the newer listener's, of two at this port: the older one, which gets no more,
 * can take what waits for it and close without anybody being cut off. Without this the kernel spreads them, and resets
 * those that wait for a listener when it closes. Once that is the only one, it gets all, whatever is said here.
 * False: the system does not do it, and a few may be reset.
 */
export function takeAllAt(port: number): boolean {
  const newer = 1;
  // A sock_fprog and the one sock_filter that it points to, in one piece, so that both stay while they are read.
  const told = new Uint8Array(PROGRAM_BYTES + INSTRUCTION_BYTES);
  const fields = new DataView(told.buffer);
  fields.setUint16(0, 1, true);
  fields.setBigUint64(8, BigInt(ptr(told)) + BigInt(PROGRAM_BYTES), true);
  fields.setUint16(PROGRAM_BYTES, RETURN_CONSTANT, true);
  fields.setUint32(PROGRAM_BYTES + 4, newer, true);
  try {
    const own = listenersAt(port).flatMap(({ fd }) => fd ?? []);
    const { symbols, close } = openC();
    const taken = own.map(
      (fd) => symbols.setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, told, PROGRAM_BYTES) === 0,
    );
    close();
    return taken.length > 0 && taken.every(Boolean);
  } catch {
    return false;
  }
}

const CALLS = { setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" } } as const;
/** glibc's, or musl's. Throws where neither is there, or libraries may not be opened. */
function openC() {
  try {
    return dlopen("libc.so.6", CALLS);
  } catch {
    return dlopen(`libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`, CALLS);
  }
}
