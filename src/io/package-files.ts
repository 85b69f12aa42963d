/** Files of this package, found alike in the clone (`src/*.ts`) and installed (`dist/*.js`). */
import { readFileSync } from "node:fs";
import { extname, join } from "node:path";

/** The folder of package.json and golden/. */
export const packageRoot = join(import.meta.dirname, "../..");

/** Contents of package.json. */
const { version, description, repository } = JSON.parse(
  readFileSync(join(packageRoot, "package.json"), "utf8"),
);
export const packageVersion: string = version;
export const packageDescription: string = description;

/** The page of the repository on its code host. */
export const repositoryPage: string = repository.url.replace(/^git\+|\.git$/g, "");

/**
 * Returns the place in which a command works, to stand before it: blank for `npx causalgate`; for
 * an npm script, which an installed package lacks, a clone.
 */
export function placeOf(command: string): string {
  return command.startsWith("npm ") ? `in a clone of ${repositoryPage} ` : "";
}

/** The extension of this package's own modules, for programs that it starts: `.ts` or `.js`. */
export const moduleExtension = extname(import.meta.filename);
