/** The laws and the matchers in the user's own test runner, installed from the registry. */
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, inject, test } from "vitest";
import { shell } from "./commands.ts";

const folder = inject("tested");
const { 20: _, ...supported } = inject("nodes");
const nodes = Object.entries(supported);

beforeAll(() => {
  const fixtures = join(import.meta.dirname, "fixtures");
  cpSync(fixtures, join(folder, "fixtures"), { recursive: true });
});

/**
 * Of the fixtures: an engine without a bug, one with a bug, with the bug as a known failure, and a
 * known failure that is gone: each two laws that are offered and one that is not; three matchers.
 */
const laws = { passed: 6, failed: 2, skipped: 4 };
const withMatchers = { passed: 8, failed: 3, skipped: 4 };

/** The counts in a report by vitest or jest. */
function countsOf(file: string) {
  const report = JSON.parse(readFileSync(join(folder, file), "utf8"));
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = report;
  return { passed, failed, skipped };
}

test.for(nodes)("vitest on Node %s", async ([version, node]) => {
  const file = `vitest-${version}.json`;
  const report = `--reporter=json --outputFile="${join(folder, file)}"`;
  const { code } = await shell(`npx vitest run ${report} fixtures/vitest`, { folder, node });
  expect({ code, ...countsOf(file) }).toEqual({ code: 1, ...withMatchers });
});

test.for(nodes)("jest on Node %s", async ([version, node]) => {
  const file = `jest-${version}.json`;
  const config = `--config fixtures/jest/jest.config.js --json --outputFile="${join(folder, file)}"`;
  const command = `node --experimental-vm-modules node_modules/jest/bin/jest.js ${config}`;
  const { code } = await shell(command, { folder, node });
  expect({ code, ...countsOf(file) }).toEqual({ code: 1, ...withMatchers });
});

test.for(nodes)("node:test on Node %s", async ([, node]) => {
  const command = "node --test --test-reporter=spec fixtures/node-test/laws.test.js";
  const { code, stdout } = await shell(command, { folder, node });
  const count = (name: string) => Number(new RegExp(`^ℹ ${name} (\\d+)$`, "m").exec(stdout)?.[1]);
  const counts = { passed: count("pass"), failed: count("fail"), skipped: count("skipped") };
  expect({ code, ...counts }).toEqual({ code: 1, ...laws });
});
