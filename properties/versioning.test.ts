/** The rule of versions, compared with what the package has. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { lawStatuses } from "../src/verify/run-law.ts";
import { exitCodeOf, type Report } from "../src/verify/verify.ts";
import { causalgate } from "./command.ts";

const page = readFileSync("docs/versioning.md", "utf8");
const changelog = readFileSync("CHANGELOG.md", "utf8");
const { name, version, exports } = JSON.parse(readFileSync("package.json", "utf8"));

test("docs/versioning.md has every entry of the package", () => {
  const entries = Object.keys(exports).filter((entry) => entry !== "./package.json");
  expect(entries.length).toBeGreaterThan(1);
  for (const entry of entries) expect(page).toContain(`\`${entry.replace(/^\./, name)}\``);
});

test("the newest version of CHANGELOG.md is that of the package, and each is there once", () => {
  const versions = [...changelog.matchAll(/^## (\d+\.\d+\.\d+)(.*)$/gm)];
  expect(versions[0][2]).toBe(" (not released)");
  expect(versions.slice(1).every(([, , rest]) => rest === "")).toBe(true);
  const numbers = versions.map(([, number]) => number);
  expect(numbers[0]).toBe(version);
  expect(new Set(numbers).size).toBe(numbers.length);
});

test("pages and help give every status of a law with its exit code", async () => {
  const read = (file: string) => readFileSync(file, "utf8");
  const { stdout } = await causalgate(["verify", "--help"]);
  const help = stdout.slice(stdout.indexOf("Exit codes:")).replaceAll("\n", " ");
  const partsOfHelp = new Map(
    [...help.matchAll(/(\d) ([^;]+)/g)].map(([, code, part]) => [code, part]),
  );
  for (const status of lawStatuses) {
    const verdicts = [{ status }] as unknown as Report["verdicts"];
    const code = status === "not offered" ? 0 : exitCodeOf({ verdicts });
    expect(read("docs/engines.md")).toMatch(
      new RegExp(`^\\| ${status} \\|.*\\| ${code} \\|$`, "m"),
    );
    expect(page).toMatch(new RegExp(`^\\| ${code} \\|.*\\b${status}\\b`, "m"));
    expect(read("docs/test-runners.md")).toMatch(new RegExp(`^\\| [^|]*\\b${status}\\b`, "m"));
    expect(partsOfHelp.get(String(code)), status).toMatch(new RegExp(`\\b${status}\\b`));
  }
});

test.for([
  { code: 0, words: ["golden", "check", "golden/loud"] },
  { code: 2, words: ["golden", "check", "golden/nothing"] },
  { code: 2, words: ["golden", "--nonsense"] },
])("exit code $code is that of causalgate $words", async ({ code, words }) => {
  expect((await causalgate(words)).code).toBe(code);
  expect(page).toContain(`| ${code} |`);
});
