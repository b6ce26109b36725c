/** A certificate authority of a test's own. */
import { generate } from "selfsigned";
import type { TestCertificate } from "./raw-server.ts";

export interface MadeAuthority {
  /** PEM. */
  ca: string;
  certificate(name: string): Promise<TestCertificate>;
}

export async function makeAuthority(): Promise<MadeAuthority> {
  const own = await generate([{ name: "commonName", value: "Test authority" }], {
    ...{ keyType: "ec", algorithm: "sha256" },
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, critical: true },
    ],
  });
  return {
    ca: own.cert,
    async certificate(name) {
      const made = await generate([{ name: "commonName", value: name }], {
        ...{ keyType: "ec", algorithm: "sha256", ca: { key: own.private, cert: own.cert } },
        extensions: [
          { name: "basicConstraints", cA: false, critical: true },
          { name: "subjectAltName", altNames: [{ type: 2, value: name }] },
        ],
      });
      return { cert: made.cert, key: made.private };
    },
  };
}
