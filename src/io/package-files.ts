/** Files of this package, found alike in the clone (`src/*.ts`) and installed (`dist/*.js`). */
import { extname, join } from "node:path";

/** The folder of package.json and golden/. */
export const packageRoot = join(import.meta.dirname, "../..");

/** The extension of this package's own modules, for programs that it starts: `.ts` or `.js`. */
export const moduleExtension = extname(import.meta.filename);
