/** A security key in software (ES256, WebAuthn 3): makes passkeys for a page and signs challenges with them. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isoCBOR } from "@simplewebauthn/server/helpers";

export interface Held {
  id: string;
  rp_id: string;
  owner: string;
  key: KeyObject;
  count: number;
}
/** What a browser would not let happen, or a forger would try. */
export interface Twist {
  origin?: string;
  rp_id?: string;
  challenge?: string;
  /** The count that it says. */
  count?: number;
  crossOrigin?: boolean;
}

const sha256 = (data: string | Uint8Array): Buffer => createHash("sha256").update(data).digest();
const base64url = (data: string | Uint8Array): string => Buffer.from(data).toString("base64url");
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const HAS_CREDENTIAL = 0x40;

const COSE = { kty: 1, alg: 3, curve: -1, x: -2, y: -3 } as const;
const EC2 = 2;
const ES256 = -7;
const P256 = 1;

function coseOf(key: KeyObject): Uint8Array {
  const { x = "", y = "" } = key.export({ format: "jwk" });
  const coordinate = (text: string) => new Uint8Array(Buffer.from(text, "base64url"));
  return isoCBOR.encode(
    new Map<number, number | Uint8Array>([
      [COSE.kty, EC2],
      [COSE.alg, ES256],
      [COSE.curve, P256],
      [COSE.x, coordinate(x)],
      [COSE.y, coordinate(y)],
    ]),
  );
}

function authenticatorData(rp_id: string, flags: number, count: number, credential: Uint8Array = new Uint8Array()) {
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE(count);
  return Buffer.concat([sha256(rp_id), Buffer.from([flags]), counter, credential]);
}

const clientData = (type: string, challenge: string, origin: string, twist: Twist): Buffer =>
  Buffer.from(
    JSON.stringify({
      type,
      challenge: twist.challenge ?? challenge,
      origin: twist.origin ?? origin,
      crossOrigin: twist.crossOrigin ?? false,
    }),
  );

type Options = Record<string, unknown>;

/** `counts`: whether it counts its signatures; many do not. */
export function softwareKey(origin: string, counts = true) {
  const held: Held[] = [];
  return {
    held,
    /** Of creation options what `toJSON()` gives of the passkey. */
    create(options: Options, twist: Twist = {}) {
      const { challenge, rp, user } = options as { challenge: string; rp: { id: string }; user: { id: string } };
      const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const idBytes = randomBytes(32);
      const passkey: Held = { id: base64url(idBytes), rp_id: rp.id, owner: user.id, key: privateKey, count: 0 };
      held.push(passkey);
      const idLength = Buffer.alloc(2);
      idLength.writeUInt16BE(idBytes.length);
      const attested = Buffer.concat([Buffer.alloc(16), idLength, idBytes, coseOf(publicKey)]);
      const authData = authenticatorData(twist.rp_id ?? rp.id, USER_PRESENT | HAS_CREDENTIAL, 0, attested);
      const attestationObject = isoCBOR.encode(
        new Map<string, string | Uint8Array | Map<string, never>>([
          ["fmt", "none"],
          ["attStmt", new Map<string, never>()],
          ["authData", new Uint8Array(authData)],
        ]),
      );
      return {
        id: passkey.id,
        rawId: passkey.id,
        type: "public-key",
        clientExtensionResults: { credProps: { rk: true } },
        response: {
          clientDataJSON: base64url(clientData("webauthn.create", challenge, origin, twist)),
          attestationObject: base64url(attestationObject),
          transports: ["internal"],
        },
      };
    },
    /** Of request options what `toJSON()` gives of the signature, by the newest passkey unless another is named. */
    get(options: Options, twist: Twist = {}, passkey = held.at(-1) as Held) {
      const { challenge, rpId } = options as { challenge: string; rpId: string };
      if (counts) passkey.count++;
      const count = twist.count ?? passkey.count;
      const data = authenticatorData(twist.rp_id ?? rpId, USER_PRESENT | USER_VERIFIED, count);
      const client = clientData("webauthn.get", challenge, origin, twist);
      return {
        id: passkey.id,
        rawId: passkey.id,
        type: "public-key",
        clientExtensionResults: {},
        response: {
          clientDataJSON: base64url(client),
          authenticatorData: base64url(data),
          signature: base64url(sign("sha256", Buffer.concat([data, sha256(client)]), passkey.key)),
          userHandle: passkey.owner,
        },
      };
    },
  };
}
