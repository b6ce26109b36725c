/** One port for two processes on Linux: which sockets of ours listen there, what waits for them, and who gets what is next. */
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

/** A listening socket of this process. */
interface Listener {
  fd: number;
  /** Connections that the kernel has taken and we have not. */
  waiting: number;
}

function listenersAt(port: number): Listener[] {
  const own = new Map<string, number>();
  for (const file of readdirSync(FILES)) {
    const inode = socketOf(file);
    if (inode !== undefined) own.set(inode, Number(file));
  }
  return TABLES.flatMap(rowsOf).flatMap((row) => {
    const fd = own.get(row.inode);
    return row.port === port && row.state === LISTENING && fd !== undefined ? [{ fd, waiting: row.waiting }] : [];
  });
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
function rowsOf(table: string): { port: number; state: string; waiting: number; inode: string }[] {
  const [, ...lines] = readFileSync(table, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [, local = "", , state = "", queues = "", , , , , inode = ""] = line.trim().split(/\s+/);
    const hex = (text = "", separator: string) => Number.parseInt(text.split(separator)[1] ?? "", 16);
    return { port: hex(local, ":"), state, waiting: hex(queues, ":"), inode };
  });
}

/** How many connections to this port wait for this process to take them. */
export const waitingAt = (port: number): number => listenersAt(port).reduce((sum, { waiting }) => sum + waiting, 0);

/**
 * From here on every new connection is the newer listener's, of two at this port: the older one, which gets no more,
 * can take what waits for it and close without anybody being cut off. Without this the kernel spreads them, and resets
 * those that wait for a listener when it closes. Once that is the only one, it gets all, whatever is said here.
 * False: the system does not do it, and a few may be reset.
 */
export function takeAllAt(port: number): boolean {
  const newer = 1;
  const instruction = new DataView(new ArrayBuffer(INSTRUCTION_BYTES));
  instruction.setUint16(0, RETURN_CONSTANT, true);
  instruction.setUint32(4, newer, true);
  const program = new DataView(new ArrayBuffer(PROGRAM_BYTES));
  program.setUint16(0, 1, true);
  program.setBigUint64(8, BigInt(ptr(new Uint8Array(instruction.buffer))), true);
  const told = new Uint8Array(program.buffer);
  try {
    const { symbols, close } = dlopen("libc.so.6", {
      setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
    });
    const taken = listenersAt(port).map(
      ({ fd }) => symbols.setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, told, PROGRAM_BYTES) === 0,
    );
    close();
    return taken.length > 0 && taken.every(Boolean);
  } catch {
    return false;
  }
}
