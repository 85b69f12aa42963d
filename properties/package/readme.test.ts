/**
 * The README, followed in an empty project: every block of code is a file that its first comment
 * names, every block of `sh` is run line by line, in order.
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { run } from "./commands.ts";
import { errorsIn, resolutions } from "./compile.ts";

const clone = join(import.meta.dirname, "../..");
const readme = readFileSync(join(clone, "README.md"), "utf8");
const tested = inject("tested");
const { 20: _, ...supported } = inject("nodes");

const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
  language,
  text,
}));

/** The files of the README, by name. */
const files = Object.fromEntries(
  blocks.flatMap(({ language, text }) => {
    const name = /^\/\/ (\S+)\n/.exec(text)?.[1];
    return ["ts", "js"].includes(language) && name !== undefined ? [[name, text]] : [];
  }),
);

/** Lines that only a clone can run, or that installed what is here already. */
const others = /^(npm (ci|start|test|run|install)|git )/;

const commands = blocks
  .filter(({ language }) => language === "sh")
  .flatMap(({ text }) => text.split("\n").map((line) => line.replace(/\s+#.*/, "")))
  .filter((line) => line !== "" && !others.test(line));

/** A command with less to do: few cases, and of a suite of laws one. */
function faster(command: string): string {
  const shorter = command.replace(/--time \w+/, "--runs 20").replace(/--runs \d+/, "--runs 20");
  return shorter.includes("vitest run") ? `${shorter} -t cache-equality` : shorter;
}

function project(name: string, type: string, contents: Readonly<Record<string, string>>) {
  const folder = join(tested, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type }));
  symlinkSync(join(tested, "node_modules"), join(folder, "node_modules"), "junction");
  for (const [file, text] of Object.entries(contents)) writeFileSync(join(folder, file), text);
  return folder;
}

test("it has files and commands", () => {
  expect(Object.keys(files)).not.toEqual([]);
  expect(commands).not.toEqual([]);
});

test.for([
  ["22", "commonjs"],
  ["24", "module"],
  ["26", "module"],
])("every command on Node %s in a project of type %s", async ([version, type]) => {
  const folder = project(`readme-${version}`, type, files);
  for (const command of commands) await run(faster(command), { folder, node: supported[version] });
});

test("every command on Node 22 with JavaScript in place of TypeScript", async () => {
  const inJavaScript = Object.entries(files).map(([name, text]) => [
    name.replace(/ts$/, "js"),
    name.endsWith("ts") ? stripTypeScriptTypes(text).replaceAll('.ts"', '.js"') : text,
  ]);
  const folder = project("readme-js", "commonjs", Object.fromEntries(inJavaScript));
  for (const command of commands) {
    const line = faster(command).replaceAll(/\.ts\b/g, ".js");
    await run(line, { folder, node: supported[22] });
  }
});

test.for(resolutions)("its TypeScript is sound under %s", async (resolution) => {
  const folder = project(`readme-types-${resolution}`, "module", files);
  const names = Object.keys(files).filter((name) => name.endsWith("ts"));
  const options = "--allowImportingTsExtensions --types node";
  const errors = await errorsIn(
    folder,
    ["typescript", resolution],
    `${options} ${names.join(" ")}`,
  );
  expect(errors).toEqual([]);
});
