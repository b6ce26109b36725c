/** The port to servers outside that are not ours: what is sent there, whom people may name, and what they answer. */

/** To whom it goes, and for how long. */
interface Going {
  /** For all of it: finding the address, connecting, sending, the answer. */
  timeoutMs: number;
  /** `host:port` of those that may be within our own network, where TLS is a choice. */
  allowed: readonly string[];
}
export interface OutsideRequest extends Going {
  method: "GET" | "POST";
  url: string;
  headers: Record<string, string>;
  body?: string;
}
export interface OutsideAnswer {
  /** A redirect is an answer like any other: it is not followed. */
  status: number;
  /** How it begins. */
  body: string;
}
export interface OutsideMail extends Going {
  host: string;
  port: number;
  /** TLS from the first byte; else STARTTLS, without which nothing is said where `allowed` does not name it. */
  tls: boolean;
  user?: string;
  password?: string;
  from: string;
  to: readonly string[];
  subject: string;
  text: string;
  /** Mail programs put letters together by it: the same for each try. */
  message_id: string;
}
/** How a letter was taken; of several receivers some may have been refused, for reasons that stay. */
export interface OutsideMailAnswer {
  answer: string;
  refused: readonly string[];
}

/** `forbidden`: not sent, since it may not go there. `failed`: it may have arrived, or not. The message has no secrets. */
export class OutsideError extends Error {
  readonly kind: "forbidden" | "failed";
  constructor(kind: "forbidden" | "failed", message: string) {
    super(message);
    this.name = "OutsideError";
    this.kind = kind;
  }
}

/** Only over TLS and only to public addresses, but for what is allowed. Both throw OutsideError. */
export interface Outside {
  send(request: OutsideRequest): Promise<OutsideAnswer>;
  mail(mail: OutsideMail): Promise<OutsideMailAnswer>;
}
