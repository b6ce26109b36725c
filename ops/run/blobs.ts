/** The blobs of an installation: reports, charts, models, recordings, audit heads, backups. */
import { FolderBlobs } from "../../shared/adapters/files.ts";
import type { Blobs } from "../../shared/kit/ports.ts";
import type { DataFolder } from "./folder.ts";

export interface BlobsOptions {
  folder: Pick<DataFolder, "blobs">;
  env: Readonly<Record<string, string | undefined>>;
}

export const openBlobs = ({ folder }: BlobsOptions): Blobs => new FolderBlobs(folder.blobs);
