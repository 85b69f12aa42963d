/** The pages of the documentation: what they name exists, what they show is printed. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { causalgate } from "./command.ts";
import { scratchFolder } from "./scratch.ts";
import { shownCommands } from "./shown-output.ts";
import { fromSource, runNode } from "./testing/runners.ts";

const folder = scratchFolder();
const root = join(import.meta.dirname, "..");
const repository = "https://github.com/causalgate/causalgate/blob/main/";

/** A page, in which links to files of the repository by address are relative to the page. */
const text = (file: string) =>
  readFileSync(join(root, file), "utf8").replaceAll(
    `](${repository}`,
    () => `](${"../".repeat(file.split("/").length - 1)}`,
  );
const pages = globSync(["*.md", "docs/**/*.md", "{examples,properties}/README.md"], { cwd: root })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file !== "CHANGELOG.md") // which also names what was there once
  .sort();

const { scripts, files } = JSON.parse(text("package.json"));

/** The commands of `causalgate`, by name. */
const commands = new Map<string, Command>();
for (const [, name] of text("src/cli/main.ts").matchAll(/addCommand\((\w+)Command\(\)\)/g)) {
  const module = await import(`../src/cli/${name}.ts`);
  commands.set(name, module[`${name}Command`]());
}

/** Command lines of `causalgate` in a page, with their code span or line to its end. */
function commandLines(page: string): string[] {
  const code = page
    .replaceAll(/\\(?=\|)/g, "")
    .matchAll(/(?<!--save-dev )causalgate ((?:[^`"\n#&]|#(?! ))+)/g);
  return [...code].map(([, line]) => line.trim()).filter((line) => /^[a-z]/.test(line));
}

/** The problem of a command line; null if there is none. */
function problemOf(line: string): string | null {
  const [name, ...words] = line.split(/\s+/);
  const command = commands.get(name.split("|")[0]);
  if (command === undefined) return `${line}: no command ${name}`;
  const within = command.commands.find((one) => one.name() === words[0]?.split("|")[0]) ?? command;
  const known = [...command.options, ...within.options].flatMap(({ long }) => long ?? []);
  const flags = line.match(/(?<=[\s[|])--[a-z-]+/g) ?? [];
  const unknown = flags.filter((flag) => !["--help", ...known].includes(flag));
  return unknown.length === 0 ? null : `${line}: no option ${unknown.join(", ")}`;
}

/** The names of the headings of a page in links, as a code host makes them. */
function anchors(page: string): string[] {
  const headings = page.replaceAll(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, title]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** The links of a page that lead nowhere. */
function deadLinks(file: string): string[] {
  const links = text(file)
    .replaceAll(/^```[\s\S]*?^```$/gm, "")
    .matchAll(/\]\((?!https?:)([^)\s]*)\)/g);
  return [...links].flatMap(([, link]) => {
    const [path, anchor] = link.split("#");
    const target = path === "" ? file : normalize(join(dirname(file), path));
    if (!existsSync(join(root, target))) return [link];
    return anchor === undefined || anchors(text(target)).includes(anchor) ? [] : [link];
  });
}

test("there are pages, with commands in them", () => {
  expect(pages).toEqual(expect.arrayContaining(["README.md", "docs/engines.md"]));
  expect(pages.flatMap((file) => commandLines(text(file))).length).toBeGreaterThan(50);
  expect(problemOf("verify --engine FILE --nonsense")).toContain("no option --nonsense");
  expect(problemOf("cost flops --device")).toContain("no option --device");
});

/** The pages that links lead to, from one page on. */
function linkedFrom(file: string, known = new Set<string>()): Set<string> {
  if (known.has(file) || !file.endsWith(".md") || !existsSync(join(root, file))) return known;
  known.add(file);
  for (const [, path] of text(file).matchAll(/\]\((?!https?:)([^)#\s]+)/g)) {
    linkedFrom(normalize(join(dirname(file), path)).replaceAll("\\", "/"), known);
  }
  return known;
}

test("every page can be reached from the README", () => {
  const linked = linkedFrom("README.md");
  expect(pages.filter((file) => !linked.has(file))).toEqual([]);
});

test("pages of the package link by path to what is in the package, by address to the rest", () => {
  const shipped = (path: string) =>
    ["README.md", "package.json"].includes(path) ||
    files.some((entry: string) => path === entry || path.startsWith(`${entry}/`));
  const inPackage = [...pages, "CHANGELOG.md"].filter(shipped);
  expect(inPackage).toContain("docs/engines.md");
  const links = inPackage.flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(
      ([, path]) => [file, normalize(join(dirname(file), path))],
    ),
  );
  expect(links.filter(([, path]) => !shipped(path))).toEqual([]);
});

describe.each(pages)("%s", (file) => {
  test("names commands and options that exist", () => {
    const problems = commandLines(text(file)).map(problemOf);
    expect(problems.filter((problem) => problem !== null)).toEqual([]);
  });

  test("names npm scripts that exist", () => {
    const named = [
      ...text(file).matchAll(/npm (?:run (?:--silent )?)?(start|test|(?<=run )[\w:]+)/g),
    ];
    expect(named.map(([, name]) => name).filter((name) => !(name in scripts))).toEqual([]);
  });

  test("links to what exists", () => {
    expect(deadLinks(file)).toEqual([]);
  });

  test.each([...shownCommands(text(file))])(
    "causalgate %s prints what is shown",
    async (command, lines) => {
      const { code, stdout, stderr } = await causalgate(command.split(" "));
      expect(code, stderr).toBe(0);
      const printed = new Set(stdout.split("\n"));
      expect(lines.filter((line) => !printed.has(line))).toEqual([]);
    },
  );
});

/** Writes the blocks of a page whose first line names a file into a folder. */
async function writeFiles(page: string): Promise<void> {
  for (const [, code, file] of page.matchAll(/^```\w+\n((?:\/\/|#) (\S+)\n[\s\S]*?)^```$/gm)) {
    await writeFile(join(folder, file), code);
  }
}

test("the program of docs/engines.md keeps the laws", async () => {
  await writeFiles(text("docs/engines.md"));
  const engine = ["--engine", join(folder, "toy-engine.ts"), "--report", folder];
  const { code, stdout, stderr } = await causalgate([
    "verify",
    ...engine,
    "--runs",
    "60",
    "--json",
  ]);
  expect(code, stderr).toBe(0);
  const kept = JSON.parse(stdout).filter(({ status }: { status: string }) => status === "kept");
  expect(kept.length).toBeGreaterThan(10);
});

test("the program of docs/costs.md prints its last line", async () => {
  await writeFiles(text("docs/costs.md"));
  const file = join(folder, "costs.ts");
  const { exitCode, output } = await runNode(["--import", fromSource, file]);
  expect(exitCode, output).toBe(0);
  expect(readFileSync(file, "utf8").trim().split("\n").at(-1)).toBe(`// ${output.trim()}`);
});
