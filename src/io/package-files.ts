/** Files of this package, found alike in the clone (`src/*.ts`) and installed (`dist/*.js`). */
import { readFileSync } from "node:fs";
import { extname, join } from "node:path";

/** The folder of package.json and golden/. */
export const packageRoot = join(import.meta.dirname, "../..");

/** Contents of package.json. */
const { version, description } = JSON.parse(
  readFileSync(join(packageRoot, "package.json"), "utf8"),
);
export const packageVersion: string = version;
export const packageDescription: string = description;

/** The extension of this package's own modules, for programs that it starts: `.ts` or `.js`. */
export const moduleExtension = extname(import.meta.filename);
