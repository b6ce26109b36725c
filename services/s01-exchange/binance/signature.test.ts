import { describe, expect, test } from "bun:test";
import { generateKeyPairSync, verify } from "node:crypto";
import { signerOf } from "./signature.ts";

describe("a signature", () => {
  test("by HMAC is the one of Binance's own example", () => {
    // The key, query and signature that its API documentation prints.
    const sign = signerOf("NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j");
    const query =
      "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559";
    expect(sign(query)).toBe("c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71");
  });

  test("by Ed25519 is verified by the public key, whichever way its line ends are written", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const pem = privateKey.export({ format: "pem", type: "pkcs8" }) as string;
    for (const text of [pem, pem.replaceAll("\n", "\\n")]) {
      const signature = Buffer.from(signerOf(text)("timestamp=1"), "base64");
      expect(verify(null, Buffer.from("timestamp=1"), publicKey, signature)).toBe(true);
    }
  });

  test("by another kind of key is refused in words", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = privateKey.export({ format: "pem", type: "pkcs8" }) as string;
    expect(() => signerOf(pem)).toThrow("of kind ec");
  });
});
