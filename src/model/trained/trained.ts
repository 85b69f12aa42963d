import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * Returns the folder of the trained weights of a named model, made by `npm run golden -- models`;
 * null if there are none.
 */
export function trainedFolder(name: string): string | null {
  const folder = join(import.meta.dirname, name);
  return existsSync(join(folder, "config.json")) ? folder : null;
}
