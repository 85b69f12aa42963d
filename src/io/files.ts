import { createHash, randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a file completely or not at all: under a temporary name first, then renamed. A reader
 * never sees half of it, and a full disk or a kill leaves the previous file in place. Creates the
 * folder.
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await writeTogether([[path, content]]);
}

/** As {@link writeWhole} for several files: none is renamed before all are written. */
export async function writeTogether(
  files: readonly (readonly [path: string, content: string | Uint8Array])[],
): Promise<void> {
  const suffix = `${randomUUID().slice(0, 8)}.tmp`;
  const temporary = (path: string) => `${path}.${suffix}`;
  try {
    for (const [path, content] of files) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(temporary(path), content);
    }
    for (const [path] of files) await rename(temporary(path), path);
  } catch (error) {
    for (const [path] of files) await rm(temporary(path), { force: true });
    throw error;
  }
}

/** Returns the SHA-256 in hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
