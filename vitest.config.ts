import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { GateReporter } from "./properties/reporter.ts";

/** The commit's own hash, so that every commit explores anew and still replays; 42 outside git. */
function commitSeed(): number {
  try {
    const hash = execFileSync("git", ["rev-parse", "HEAD"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    return Number.parseInt(hash.toString().slice(0, 7), 16);
  } catch {
    return 42;
  }
}

const given = process.env.CAUSALGATE_SEED ?? "";
if (given !== "" && !/^-?\d{1,10}$/.test(given)) {
  throw new RangeError(`CAUSALGATE_SEED must be an integer of at most 10 digits, got "${given}"`);
}
const seed = given === "" ? String(commitSeed()) : given;

export default defineConfig({
  // Engine files import the package by its name; here that is its source.
  resolve: {
    alias: [
      { find: /^causalgate$/, replacement: join(import.meta.dirname, "src/index.ts") },
      { find: /^causalgate\/(.+)$/, replacement: join(import.meta.dirname, "src/$1.ts") },
    ],
  },
  test: {
    include: ["properties/**/*.test.ts", "examples/*.test.ts"],
    // npm run test:package runs these, on an installation.
    exclude: ["properties/package/**"],
    env: { CAUSALGATE_SEED: seed },
    reporters: [["default", { summary: false }], new GateReporter(seed)],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "threads",
    // By default vitest leaves one core free: on two cores it would run one file after the other.
    maxWorkers: "100%",
  },
});
