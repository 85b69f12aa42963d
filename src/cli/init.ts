import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Command, Option } from "commander";
import { isObject, readJsonObject } from "../io/json.ts";
import { packageRoot } from "../io/package-files.ts";
import { examples } from "./options.ts";

const languages = ["ts", "js", "python"] as const;
type Language = (typeof languages)[number];

interface Options {
  readonly lang?: Language;
  readonly dir: string;
}

/** `causalgate init`: a first engine, its test and a CI workflow, from the package's examples. */
export function initCommand(): Command {
  return new Command("init")
    .description(
      "create a first engine, a test of it and a CI workflow; never overwrites a file, and exits " +
        "with 1 if one already existed",
    )
    .addOption(
      new Option(
        "--lang <LANG>",
        "language of the engine; by default ts if there is a tsconfig.json, python if there is a " +
          "pyproject.toml or requirements.txt, otherwise js",
      ).choices(languages),
    )
    .option("--dir <DIR>", "folder of the project", ".")
    .addHelpText("after", examples(["init --lang ts", "my-engine.ts, its test and a workflow"]))
    .action(async ({ dir, lang }: Options) => {
      const files = await plannedFiles(lang ?? languageOf(dir), dir);
      const written = [];
      for (const file of files) written.push(await writeNew(dir, file));
      console.log(nextSteps(dir, files));
      process.exitCode = written.every(Boolean) ? 0 : 1;
    });
}

function languageOf(dir: string): Language {
  const has = (name: string) => existsSync(join(dir, name));
  if (has("tsconfig.json")) return "ts";
  return has("pyproject.toml") || has("requirements.txt") ? "python" : "js";
}

/** A file to create. */
interface NewFile {
  /** Relative to the folder of the project. */
  readonly path: string;
  readonly content: string;
}

/** Example that is the engine of each language, and the extensions of its files. */
const engines = {
  ts: { example: "001-own-engine", extensions: ["ts"] },
  js: { example: "002-own-engine", extensions: ["js"] },
  python: { example: "008-python-engine", extensions: ["js", "py"] },
} as const;

/** Test of every engine; it runs in vitest. */
const test = { example: "001-own-engine", file: "001-own-engine.test.ts" };

/** Returns the engine's files, the first of which exports the subject, its test, its workflow. */
async function plannedFiles(language: Language, dir: string): Promise<NewFile[]> {
  const { example, extensions } = engines[language];
  const module = await isModuleProject(dir);
  /** Extension that makes a file an ES module in this project. */
  const asModule = (extension: string) => (module || extension === "py" ? "" : "m") + extension;
  const subject = asModule(extensions[0]);
  const rename = (text: string) =>
    text
      .replace(/: copy this file to .*/, ".")
      // TypeScript's own rule: a relative import has the extension of the JavaScript.
      .replace(/"\.\/\d{3}-own-engine\.ts"/, `"./my-engine.${subject.replace("ts", "js")}"`)
      .replace(/\d{3}-(?:own|python)-engine((?:\.test)?)\.[jt]s/g, `my-engine$1.${subject}`)
      .replace(/\d{3}-(?:own|python)-engine/g, "my-engine");
  const copy = async (name: string, path: string): Promise<NewFile> => {
    const text = rename(await readFile(join(packageRoot, "examples", name), "utf8"));
    // A program answers more slowly than a function.
    const suite = language === "python" ? "describeLaws(engine, { runs: 50 })" : "$&";
    return { path, content: text.replace("describeLaws(engine)", suite) };
  };
  return Promise.all([
    ...extensions.map((extension) =>
      copy(`${example}.${extension}`, `my-engine.${asModule(extension)}`),
    ),
    copy(test.file, `my-engine.test.${subject}`),
    copy("007-ci.yml", ".github/workflows/causalgate.yml"),
  ]);
}

/** Returns true if Node treats the .js files of a folder as ES modules. */
async function isModuleProject(dir: string): Promise<boolean> {
  const path = findAbove(dir, "package.json");
  return path !== null && (await readJsonObject(path)).type === "module";
}

/** Path of a file or folder of this name in a folder or the nearest one above it. */
function findAbove(dir: string, name: string): string | null {
  for (let folder = resolve(dir); ; folder = dirname(folder)) {
    if (existsSync(join(folder, name))) return join(folder, name);
    if (folder === dirname(folder)) return null;
  }
}

/** Writes a file unless there is one, and reports which; returns whether it was written. */
async function writeNew(dir: string, { path, content }: NewFile): Promise<boolean> {
  const target = join(dir, path);
  await mkdir(dirname(target), { recursive: true });
  try {
    await writeFile(target, content, { flag: "wx" });
    console.log(`written: ${target}`);
    return true;
  } catch (error) {
    if (!isObject(error) || error.code !== "EEXIST") throw error;
    console.log(`exists, left as it is: ${target}`);
    return false;
  }
}

function nextSteps(dir: string, files: readonly NewFile[]): string {
  const [subject, ...others] = files.map(({ path }) => path);
  const testFile = others.find((path) => path.includes(".test."));
  const lines = [
    ...(resolve(dir) === process.cwd() ? [] : [`cd ${dir}`]),
    "npm install --save-dev causalgate vitest",
    `npx vitest run ${testFile}`,
    `npx causalgate verify --engine ${subject}`,
  ];
  const git = findAbove(dir, ".git");
  if (git !== null && dirname(git) !== resolve(dir)) {
    lines.push(`# move .github to ${dirname(git)}, and have its job run in this folder`);
  }
  return `\nNext:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
