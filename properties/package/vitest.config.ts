import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { GateReporter } from "../reporter.ts";

/** `npm run test:package`: packs the project, installs it elsewhere, and uses it there. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, "../.."),
    include: ["properties/package/*.test.ts"],
    globalSetup: ["properties/package/install.ts"],
    reporters: [["default", { summary: false }], new GateReporter("none")],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: "threads",
  },
});
