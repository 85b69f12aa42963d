/**
 * `npm run docs`: writes docs/api, one page for each entry of the package, from the declarations
 * that the build emits. A test compares the pages with the sources.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");

/** An exported name: its description in Markdown, and its declarations as TypeScript. */
export interface ApiName {
  readonly name: string;
  readonly text: string;
  readonly code: string;
}

/** Returns the exported names of every entry, which is named as its file in src. */
export function readApi(): Map<string, ApiName[]> {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const entries = Object.keys(exports).filter((entry) => entry !== "./package.json");
  const folder = mkdtempSync(join(tmpdir(), "causalgate-api-"));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const options = ["-p", "tsconfig.build.json", "--emitDeclarationOnly", "--outDir", folder];
  try {
    execFileSync(process.execPath, [compiler, ...options], { cwd: root, stdio: "inherit" });
    const names = entries.map((entry) => (entry === "." ? "index" : entry.slice(2)));
    const namesOf = (entry: string) => [...exportsOf(join(folder, `${entry}.d.ts`))];
    const read = (entry: string) => namesOf(entry).map(([name, file]) => declarationOf(name, file));
    return new Map(names.map((entry) => [entry, read(entry)]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Statements of a file of declarations; comment and code begin at the first column. */
function statementsOf(file: string): { comment: string; code: string }[] {
  const parts = readFileSync(file, "utf8").split(/^(?=\/\*\*|export |import |declare )/m);
  return parts.flatMap((code, index) => {
    const before = parts[index - 1] ?? "";
    const comment = before.startsWith("/**") ? before : "";
    return code.startsWith("/**") ? [] : [{ comment, code: code.trim() }];
  });
}

const sourceOf = (file: string, path: string) =>
  join(dirname(file), path.replace(/\.ts$/, ".d.ts"));

/** Returns the file in which each exported name of a file is declared or imported. */
function exportsOf(file: string): Map<string, string> {
  const names = statementsOf(file).flatMap(({ code }): [string, string][] => {
    const [, all] = /^export \* from "(.+)";$/.exec(code) ?? [];
    if (all !== undefined) return [...exportsOf(sourceOf(file, all))];
    const list = /^export (?:type )?\{([^}]*)\}/.exec(code)?.[1] ?? declaredName(code) ?? "";
    return (list.match(/\w+(?=\s*(?:,|$))/g) ?? []).map((name) => [name, file]);
  });
  return new Map(names);
}

function declaredName(code: string): string | undefined {
  return /^export (?:declare )?(?:function|const|class|interface|type) (\w+)/.exec(code)?.[1];
}

/** Finds the declarations of a name, in the file or in the one from which it comes. */
function declarationOf(name: string, file: string): ApiName {
  const declared = statementsOf(file).filter(({ code }) => declaredName(code) === name);
  if (declared.length > 0) {
    const code = declared.map((one) => one.code.replace(/^export (declare )?/, "")).join("\n");
    return { name, code, text: declared.map(({ comment }) => markdownOf(comment)).join("\n\n") };
  }
  for (const { code } of statementsOf(file)) {
    const [, list, from] =
      /^(?:export|import) (?:type )?\{([^}]*)\} from "(.+)";$/.exec(code) ?? [];
    const words = list?.split(",").map((one) =>
      one
        .trim()
        .replace(/^type /, "")
        .split(" "),
    );
    const found = words?.find((one) => one.at(-1) === name);
    if (found === undefined) continue;
    const path = sourceOf(file, from);
    if (existsSync(path)) return { ...declarationOf(found[0], path), name };
    return { name, text: `The export \`${found[0]}\` of the package \`${from}\`.`, code: "" };
  }
  throw new Error(`api: ${name} must be declared or imported in ${file}, got neither`);
}

/** Returns a comment as Markdown: its tags become the items of a list. */
function markdownOf(comment: string): string {
  return comment
    .replaceAll(/^\/\*\*\s?|\s*\*\/\s*$/g, "")
    .replaceAll(/^ *\* ?/gm, "")
    .replaceAll(/\{@link (\w+)\}/g, "`$1`")
    .replaceAll(/@param (\w+) /g, "- `$1`: ")
    .replaceAll(/@throws \{(\w+)\} /g, "- throws `$1` ")
    .replaceAll(/@(returns|see) /g, "- $1 ")
    .trim();
}

const introduction = `# API reference

One page for each entry of the package, written by \`npm run docs\` from the declarations of the sources.
[versioning.md](../versioning.md) states which changes are breaking.

| entry | names |
| --- | --- |
`;

/** Returns the pages of docs/api by file name. */
export function apiPages(): Map<string, string> {
  const pages = new Map<string, string>();
  let readme = introduction;
  for (const [entry, names] of readApi()) {
    const title = entry === "index" ? "causalgate" : `causalgate/${entry}`;
    const source = readFileSync(join(root, "src", `${entry}.ts`), "utf8");
    const about = markdownOf(/^\/\*\*[\s\S]*?\*\//.exec(source)![0]);
    readme += `| [\`${title}\`](${entry}.md) | ${names.length} |\n`;
    pages.set(`${entry}.md`, `${[`# ${title}`, about, ...names.map(section)].join("\n\n")}\n`);
  }
  return pages.set("README.md", readme);
}

function section({ name, text, code }: ApiName): string {
  if (/^const \w+: import\("\.\/law\.ts"\)\.Law</.test(code)) {
    const id = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return `- \`${name}\`: [${id}](../laws.md#${id})`;
  }
  return [`## ${name}`, text, ...(code === "" ? [] : [`\`\`\`ts\n${code}\n\`\`\``])].join("\n\n");
}

if (import.meta.main) {
  for (const [file, page] of apiPages()) writeFileSync(join(root, "docs/api", file), page);
}
