/** A small mail server on loopback: takes letters as RFC 5321 has it, with AUTH PLAIN and STARTTLS, and keeps them. */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { type RawServer, rawServer, type TestCertificate } from "./raw-server.ts";

export interface Letter {
  from: string;
  to: string[];
  /** Headers and text. */
  data: string;
  /** `user:password`, where it was said. */
  as: string | undefined;
  isEncrypted: boolean;
}
export interface SmtpServer extends RawServer {
  letters: Letter[];
}
export interface SmtpOptions {
  certificate?: TestCertificate;
  /** TLS from the first byte; else it is offered by STARTTLS where there is a certificate. */
  tls?: boolean;
  /** Whoever says anything else is refused. */
  as?: string;
  /** Receivers that are refused. */
  refuses?: readonly string[];
}

export async function smtpServer(options: SmtpOptions = {}): Promise<SmtpServer> {
  const letters: Letter[] = [];
  const direct = options.tls ? options.certificate : undefined;
  const server = await rawServer((socket) => {
    socket.write("220 mail.test ESMTP\r\n");
    hear({ socket, options, letters, isEncrypted: direct !== undefined });
  }, direct);
  return { ...server, letters };
}

interface Session {
  socket: Socket;
  options: SmtpOptions;
  letters: Letter[];
  isEncrypted: boolean;
}

function hear(session: Session): void {
  const { socket, options, letters, isEncrypted } = session;
  let rest = "";
  let letter: Letter = { from: "", to: [], data: "", as: undefined, isEncrypted };
  let isData = false;
  const say = (...lines: string[]) => socket.write(lines.map((line) => `${line}\r\n`).join(""));

  function command(line: string): void {
    const [verb = ""] = line.toUpperCase().split(/[ :]/);
    const address = /<([^>]*)>/.exec(line)?.[1] ?? "";
    if (verb === "EHLO") {
      const canUpgrade = !isEncrypted && options.certificate;
      say("250-mail.test", ...(canUpgrade ? ["250-STARTTLS"] : []), "250 AUTH PLAIN");
    } else if (verb === "STARTTLS") {
      say("220 go on");
      socket.removeAllListeners("data");
      const secure = new TLSSocket(socket, { isServer: true, ...options.certificate });
      secure.on("error", () => {});
      hear({ ...session, socket: secure, isEncrypted: true });
    } else if (verb === "AUTH") {
      const [, user = "", password = ""] = Buffer.from(line.split(" ")[2] ?? "", "base64")
        .toString()
        .split("\0");
      letter.as = `${user}:${password}`;
      say(options.as === undefined || options.as === letter.as ? "235 welcome" : "535 5.7.8 not you");
    } else if (verb === "MAIL") {
      letter.from = address;
      say("250 taken");
    } else if (verb === "RCPT") {
      const isRefused = options.refuses?.includes(address);
      if (!isRefused) letter.to.push(address);
      say(isRefused ? "550 5.1.1 nobody here" : "250 taken");
    } else if (verb === "DATA") {
      isData = true;
      say("354 go on");
    } else if (verb === "QUIT") {
      say("221 bye");
      socket.end();
    } else say("502 what?");
  }

  socket.on("data", (bytes) => {
    const lines = (rest + bytes.toString()).split("\r\n");
    rest = lines.pop() as string;
    for (const line of lines) {
      if (!isData) command(line);
      else if (line === ".") {
        isData = false;
        letters.push(letter);
        letter = { from: "", to: [], data: "", as: letter.as, isEncrypted };
        say("250 kept");
      } else letter.data += `${line.replace(/^\./, "")}\n`;
    }
  });
}
