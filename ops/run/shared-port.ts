/** One port for two processes on Linux, and which of them new connections go to. */
import { dlopen, ptr } from "bun:ffi";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

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

/** The listening sockets of this process there, as its files are numbered. */
function listenersAt(port: number): number[] {
  const own = new Map<string, number>();
  for (const file of readdirSync(FILES)) {
    const inode = socketOf(file);
    if (inode !== undefined) own.set(inode, Number(file));
  }
  return TABLES.flatMap(rowsOf)
    .filter((row) => row.port === port && row.state === LISTENING)
    .flatMap((row) => own.get(row.inode) ?? []);
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
function rowsOf(table: string): { port: number; state: string; inode: string }[] {
  const [, ...lines] = readFileSync(table, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [, local = "", , state = "", , , , , , inode = ""] = line.trim().split(/\s+/);
    return { port: Number.parseInt(local.split(":")[1] ?? "", 16), state, inode };
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
    const { symbols, close } = dlopen("libc.so.6", {
      setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
    });
    const taken = listenersAt(port).map(
      (fd) => symbols.setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, told, PROGRAM_BYTES) === 0,
    );
    close();
    return taken.length > 0 && taken.every(Boolean);
  } catch {
    return false;
  }
}
