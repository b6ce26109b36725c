/** Every declared service: the folders are the registry, so nothing is listed by hand. */
import { join } from "node:path";
import { assert } from "../shared/errors.ts";
import type { Service } from "../shared/kit/service.ts";

const FOLDER = join(import.meta.dir, "..", "services");

/** In order of their ids; throws when a folder and the service in it do not agree on the name. */
export async function loadServices(): Promise<Service[]> {
  const paths = [...new Bun.Glob("*/service.ts").scanSync(FOLDER)].sort();
  return Promise.all(
    paths.map(async (path) => {
      const { default: service } = (await import(join(FOLDER, path))) as { default: Service };
      assert(path.startsWith(`${service.name}/`), `services/${path} declares ${service.name}`);
      return service;
    }),
  );
}

/** The service a person means by `s04`, `4`, `router` or `s04-router`. */
export function findService(services: readonly Service[], text: string): Service | undefined {
  const wanted = text.toLowerCase();
  return services.find(
    (s) =>
      s.name === wanted || s.id === wanted || s.name.slice(4) === wanted || Number(s.id.slice(1)) === Number(wanted),
  );
}
