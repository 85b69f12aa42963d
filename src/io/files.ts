import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

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

/**
 * Checks that files can be written into a folder, or that it can be created, before the work whose
 * results it will hold. Creates nothing that stays.
 *
 * @param who the option or argument that names the folder
 * @throws {RangeError} with the reason, if it is a file or cannot be written to
 */
export async function checkWritable(who: string, folder: string): Promise<void> {
  let existing = resolve(folder);
  while (!existsSync(existing)) existing = dirname(existing);
  const probe = join(existing, `.${randomUUID().slice(0, 8)}.tmp`);
  try {
    await writeFile(probe, "", { flag: "wx" });
    await rm(probe);
  } catch (error) {
    const must = `${who}: must be a folder that can be written to`;
    const got = `"${folder}" with ${(error as Error).message}`;
    throw new RangeError(`${must}, got ${got}; choose another folder`, { cause: error });
  }
}

/** Returns the SHA-256 in hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
