/** The npm scripts, and the page that lists scripts and commands. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { goldenCommand } from "../src/cli/golden.ts";
import { causalgate } from "./command.ts";

const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as {
  scripts: Readonly<Record<string, string>>;
};

const page = readFileSync("docs/commands.md", "utf8");

/** The kinds of step that a script may have, by what its command line starts with. */
const kinds = {
  tool: /^(?:vitest|tsc|biome|node \.ci\/\S+|npm run --silent \S+)(?: |$)/,
  command: /^node src\/cli\/main\.ts (?<name>\S+)/,
  entry: /^node (?<file>(?:golden|benchmarks|properties\/(?:long|mutants))\/main\.ts)(?: |$)/,
};

/** The program of a script, as the page names it: a command, an entry file or a tool. */
function runs(line: string): string {
  const steps = line.split("&&").map((step) => step.trim());
  if (steps.every((step) => kinds.tool.test(step))) return "development tool";
  expect(steps, `${line}: must be development tools or one program`).toHaveLength(1);
  const name = kinds.command.exec(line)?.groups?.name;
  if (name !== undefined) return `\`causalgate ${name}\``;
  const file = kinds.entry.exec(line)?.groups?.file;
  expect(file, `${line}: must be a tool, a command or an entry file`).toBeDefined();
  return `\`${file}\``;
}

/** Names of the commands of `causalgate`. */
let commands: readonly string[];

beforeAll(async () => {
  const { stdout } = await causalgate(["--help"]);
  const list = stdout.slice(stdout.indexOf("Commands:"));
  commands = [...list.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name);
});

describe("scripts", () => {
  test.for(Object.entries(scripts))("%s runs a tool, a command or an entry file", ([, line]) => {
    expect(runs(line)).toMatch(/./);
  });

  test("that have the name of a command run that command", () => {
    expect(commands).toContain("gate");
    const same = Object.keys(scripts).filter((name) => commands.includes(name));
    const other = same.filter((name) => runs(scripts[name]) !== `\`causalgate ${name}\``);
    // Its entry file has the commands of causalgate golden: see the next test.
    expect(other).toEqual(["golden"]);
  });

  test("golden has every command of causalgate golden, as the same program text", () => {
    const source = readFileSync("golden/main.ts", "utf8");
    expect(source).toMatch(/runProgram\(\s*goldenCommand\(\)/);
    expect(goldenCommand().commands.map((command) => command.name())).toEqual(["record", "check"]);
  });
});

describe("docs/commands.md", () => {
  const rows = [...page.matchAll(/^\| `([^`]+)` \| (?:(`[^`]+`|development tool) \| )?.+ \|$/gm)];

  test("has every script, and what it runs", () => {
    const listed = rows
      .filter(([, name]) => name.startsWith("npm "))
      .map(([, name, what]) => [name.replace(/^npm (run )?/, ""), what]);
    const expected = Object.entries(scripts).map(([name, line]) => [name, runs(line)]);
    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(expected));
    for (const [, name] of rows)
      if (name.startsWith("npm ")) expect(name).toMatch(/^npm (start|test|run .+)$/);
  });

  test("has every command", () => {
    const listed = rows
      .filter(([, name]) => name.startsWith("causalgate "))
      .map(([, name]) => name.split(" ")[1]);
    const expected = commands.filter((name) => name !== "help");
    expect([...new Set(listed)].sort()).toEqual([...expected].sort());
    const names = rows.map(([, name]) => name);
    expect(names.filter((name, i) => names.indexOf(name) < i)).toEqual([]);
  });
});
