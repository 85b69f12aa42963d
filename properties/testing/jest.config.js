/** The configuration of the jest fixture, with `causalgate` as the source of this repository. */
import { join } from "node:path";
import fixture from "../package/fixtures/jest/jest.config.js";

const source = join(import.meta.dirname, "../../src");

export default {
  ...fixture,
  rootDir: join(import.meta.dirname, "../package/fixtures/jest"),
  roots: ["<rootDir>", source],
  transform: { "\\.ts$": "<rootDir>/strip-types.js" },
  moduleNameMapper: {
    "^causalgate$": `${source}/index.ts`,
    "^causalgate/(.+)$": `${source}/$1.ts`,
  },
};
