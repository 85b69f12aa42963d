/** `causalgate init`: the files that it creates, and those that it does not change. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { causalgate } from "./command.ts";

const root = mkdtempSync(join(tmpdir(), "causalgate-init-"));
afterAll(() => rmSync(root, { recursive: true }));

/** Makes a folder with files of these contents. */
function project(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(root, name);
  mkdirSync(folder);
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
  return folder;
}

const module = JSON.stringify({ type: "module" });
const workflow = join(".github", "workflows", "causalgate.yml");

test.for([
  [["js"], {}, ["my-engine.mjs", "my-engine.test.mjs"]],
  [["js"], { "package.json": module }, ["my-engine.js", "my-engine.test.js"]],
  [["ts"], { "tsconfig.json": "{}" }, ["my-engine.mts", "my-engine.test.mts"]],
  [
    ["ts"],
    { "package.json": module, "tsconfig.json": "{}" },
    ["my-engine.test.ts", "my-engine.ts"],
  ],
  [["python"], { "pyproject.toml": "" }, ["my-engine.mjs", "my-engine.py", "my-engine.test.mjs"]],
] as const)("%s by default in a folder with %o", async ([[language], given, created]) => {
  const folder = project(`${language}-${Object.keys(given).length}`, given);
  const { code, stdout } = await causalgate(["init", "--dir", folder]);
  expect(code).toBe(0);
  const files = readdirSync(folder).filter((name) => !(name in given));
  expect(files).toEqual([".github", ...created]);
  const texts = [...created, workflow].map((name) => readFileSync(join(folder, name), "utf8"));
  for (const text of [...texts, stdout]) expect(text).not.toMatch(/\d{3}-|own-engine/);
  // Whatever they name exists, with TypeScript's own extension for its import.
  for (const [name] of texts.join().matchAll(/my-engine[\w.]*\b/g)) {
    expect([...created, ...created.map((file) => file.replace(/ts$/, "js"))]).toContain(name);
  }
});

test.for(["ts", "js", "python"])("the engine of %s is recorded", async (language) => {
  const folder = project(`recorded-${language}`, {});
  await causalgate(["init", "--lang", language, "--dir", folder]);
  const engine = join(folder, language === "ts" ? "my-engine.mts" : "my-engine.mjs");
  const fixtures = join(folder, "fixtures");
  const record = ["golden", "record", "--engine", engine, "--out", fixtures];
  const first = await causalgate(record);
  expect(first, first.stderr).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toContain(": new");
  const again = await causalgate(record);
  const lines = (text: string) => text.split("\n").sort();
  expect(lines(again.stdout)).toEqual(lines(first.stdout.replaceAll(": new", ": unchanged")));
  const checked = await causalgate(["golden", "check", "--engine", engine, fixtures]);
  expect(checked.code, checked.stdout + checked.stderr).toBe(0);
});

test("nothing is overwritten, and the exit code is 1", async () => {
  const folder = project("twice", { "my-engine.mjs": "mine" });
  const first = await causalgate(["init", "--dir", folder]);
  expect(first.code).toBe(1);
  expect(first.stdout).toContain(`exists, left as it is: ${join(folder, "my-engine.mjs")}`);
  expect(first.stdout).toContain(`written: ${join(folder, workflow)}`);
  expect(readFileSync(join(folder, "my-engine.mjs"), "utf8")).toBe("mine");
});

test("an unknown language is refused", async () => {
  const { code, stderr } = await causalgate(["init", "--lang", "rust", "--dir", root]);
  expect(code).toBe(2);
  expect(stderr).toContain("Allowed choices are ts, js, python");
});
