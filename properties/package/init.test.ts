/** `causalgate init` in an empty project, and every command that it prints. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { run } from "./commands.ts";

const tested = inject("tested");
const { 20: _, ...supported } = inject("nodes");

/** The latest version of Node takes turns with the oldest one. */
const cases = [
  ["ts", "commonjs", supported[22]],
  ["ts", "module", supported[26]],
  ["js", "commonjs", supported[24]],
  ["js", "module", supported[22]],
  ["python", "commonjs", supported[26]],
] as const;

test.for(cases)("%s in a project of type %s", async ([language, type, node]) => {
  const folder = join(tested, `init-${language}-${type}`);
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type }));
  symlinkSync(join(tested, "node_modules"), join(folder, "node_modules"), "junction");
  const place = { folder, node };
  const created = await run(`npx causalgate init --lang ${language}`, place);
  const next = created
    .split("Next:\n")[1]
    .split("\n")
    .map((line) => line.trim());
  const commands = next.filter((line) => line.startsWith("npx "));
  expect(commands.length).toBe(2);
  for (const command of commands) await run(faster(command), place);

  const workflow = readFileSync(join(folder, ".github/workflows/causalgate.yml"), "utf8");
  const steps = [...workflow.matchAll(/- run: (.*)/g)].map(([, command]) => command);
  expect(steps).toContain("npm ci");
  for (const step of steps.filter((line) => line !== "npm ci")) await run(faster(step), place);
  if (language !== "ts") return;
  const options = "--noEmit --strict --target es2022 --module nodenext --types node";
  const files =
    type === "module" ? "my-engine.ts my-engine.test.ts" : "my-engine.mts my-engine.test.mts";
  await run(`npx tsc ${options} --skipLibCheck ${files}`, place);
});

/** A command with less to do: one law, and few cases. */
function faster(command: string): string {
  if (command.includes("causalgate verify")) return `${command} --law cache-equality --runs 20`;
  return command.includes("vitest run") ? `${command} -t cache-equality` : command;
}
