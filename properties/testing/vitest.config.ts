/** The configuration of the vitest fixture, with `causalgate` as the source of this repository. */
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import repository from "../../vitest.config.ts";

export default defineConfig({
  root: join(import.meta.dirname, "../package/fixtures/vitest"),
  ...(repository.resolve === undefined ? {} : { resolve: repository.resolve }),
  test: { include: ["*.test.{js,ts}"] },
});
