import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * The folder of the weights that this project trained for a named model, made by `npm run train`;
 * null where it trained none.
 */
export function trainedFolder(name: string): string | null {
  const folder = join(import.meta.dirname, name);
  return existsSync(join(folder, "config.json")) ? folder : null;
}
