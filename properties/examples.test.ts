/** Every example runs, by the command that `examples/README.md` gives for it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchFolder } from "./scratch.ts";
import { fromSource, runNode, runVitest } from "./testing/runners.ts";

const folder = scratchFolder();
const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "examples/README.md"), "utf8");
const commands = [...readme.matchAll(/^\| \[(.+?)\]\(\1\) .*\| `([^`]+)` \|$/gm)].map(
  ([, file, command]) => ({ file, command }),
);
/** Vitest runs the others as tests of this repository. */
const programs = commands.filter(({ command }) => command.startsWith("node "));

test.for(programs)("$command", async ({ file, command }) => {
  const [, ...parameters] = command.split(" ");
  const { exitCode, output } = await runNode(["--import", fromSource, ...parameters]);
  expect(exitCode, output).toBe(0);
  expect(output).toContain(outputs[file]);
});

/** A piece of the output of each program. */
const outputs: Readonly<Record<string, string>> = {
  "002-own-engine.js": "# SKIP",
  "005-cost-table.ts": "parameters:             8030261248",
  "008-python-engine.js": "cache-equality",
};

test("the command of the workflow writes JUnit results", async () => {
  const workflow = readFileSync(join(root, "examples/007-ci.yml"), "utf8");
  const [, parameters] = /- run: npx vitest (.*)/.exec(workflow)!;
  const results = join(folder, "laws.xml");
  const options = parameters.replace("laws.xml", results).split(" ");
  const { exitCode, output } = await runVitest([...options, "examples/007-ci.test.ts"]);
  expect(exitCode, output).toBe(0);
  const title = "laws of own engine without a limit &gt; context-limit: ";
  expect(readFileSync(results, "utf8")).toContain(`name="${title}`);
});

test("each example is in the README, with a file that its command runs", () => {
  const files = readdirSync(join(root, "examples")).filter((name) =>
    /^\d{3}-.*\.(js|ts|yml)$/.test(name),
  );
  const named = commands.map(({ file, command }) => [file, command.split(" ").at(-1)]);
  const run = named.map(([, path]) => path?.replace("examples/", ""));
  const known = new Set([...named.map(([file]) => file), ...run]);
  expect(files.filter((name) => !known.has(name))).toEqual([]);
  expect([...known].filter((name) => name !== undefined && !files.includes(name))).toEqual([]);
  expect(programs.map(({ file }) => file)).toEqual(Object.keys(outputs));
});
