/** Test runners in a child process, on their fixture in `properties/package/fixtures/`. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { XMLParser } from "fast-xml-parser";

/** The result of one test: its status, and the message if it failed. */
export interface TestOutcome {
  readonly status: "passed" | "failed" | "skipped";
  readonly message: string;
}

export interface RunnerOutcome {
  readonly exitCode: number | null;
  /** Everything that was printed. */
  readonly output: string;
  /** By `SUITE > TITLE`. */
  readonly tests: Readonly<Record<string, TestOutcome>>;
}

/** Runs a fixture; variables are added to the environment, and files of results go to a folder. */
export type Runner = (
  folder: string,
  variables?: Readonly<Record<string, string>>,
) => Promise<RunnerOutcome>;

const here = import.meta.dirname;
const root = join(here, "../..");

/** Preloaded by Node, `causalgate` is the source of this repository. */
export const fromSource = join(here, "from-source.js");
const { resolve } = createRequire(import.meta.url);
const bin = (name: string, file: string) => join(dirname(resolve(`${name}/package.json`)), file);

export const vitest: Runner = async (folder, variables = {}) => {
  const file = join(folder, "vitest.json");
  const report = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const config = join(here, "vitest.config.ts");
  const ended = await runVitest(["run", "--config", config, ...report], variables);
  return { ...ended, tests: await jsonTests(file) };
};

/** Runs vitest in the root of the repository. */
export function runVitest(
  parameters: readonly string[],
  variables: Readonly<Record<string, string>> = {},
) {
  return runNode([bin("vitest", "vitest.mjs"), ...parameters], variables);
}

export const jest: Runner = async (folder, variables = {}) => {
  const file = join(folder, "jest.json");
  const ended = await runJest(["--json", `--outputFile=${file}`], variables);
  return { ...ended, tests: await jsonTests(file) };
};

/** Runs jest in the root of the repository. */
export function runJest(
  parameters: readonly string[],
  variables: Readonly<Record<string, string>> = {},
) {
  const config = ["--config", join(here, "jest.config.js"), "--runInBand"];
  const command = ["--experimental-vm-modules", bin("jest", "bin/jest.js"), ...config];
  return runNode([...command, ...parameters], variables);
}

export const nodeTest: Runner = async (folder, variables = {}) => {
  const file = join(folder, "node-test.xml");
  const report = ["spec", "junit"].map((name) => `--test-reporter=${name}`);
  const to = ["stdout", file].map((path) => `--test-reporter-destination=${path}`);
  const fixture = join(root, "properties/package/fixtures/node-test/laws.test.js");
  const command = ["--import", fromSource, "--test", ...report, ...to, fixture];
  return { ...(await runNode(command, variables)), tests: await junitTests(file) };
};

/** Runs Node in the root of the repository, as a shell outside of any test runner would. */
export async function runNode(
  command: readonly string[],
  variables: Readonly<Record<string, string>> = {},
) {
  const outer = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|VITE_|JEST|NODE_TEST|NODE_OPTIONS|TEST$|CAUSALGATE)/.test(name),
  );
  const env = { ...Object.fromEntries(outer), NO_COLOR: "1", ...variables };
  const child = spawn(process.execPath, command, { cwd: root, env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { exitCode, output };
}

interface JsonReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** The format that vitest took over from jest. */
async function jsonTests(file: string): Promise<RunnerOutcome["tests"]> {
  const report: JsonReport = JSON.parse(await readFile(file, "utf8"));
  const results = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  return Object.fromEntries(
    results.map(({ ancestorTitles, title, status, failureMessages }) => {
      const known = status === "passed" || status === "failed" ? status : "skipped";
      const message = failureMessages.join("\n");
      return [[...ancestorTitles, title].join(" > "), { status: known, message }];
    }),
  );
}

interface JunitCase {
  readonly "@name": string;
  readonly skipped?: unknown;
  readonly failure?: { readonly "@message": string };
}

interface JunitReport {
  readonly testsuites: {
    readonly testsuite: readonly {
      readonly "@name": string;
      readonly testcase: readonly JunitCase[];
    }[];
  };
}

async function junitTests(file: string): Promise<RunnerOutcome["tests"]> {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    isArray: (name) => name === "testsuite" || name === "testcase",
  });
  const report: JunitReport = parser.parse(await readFile(file, "utf8"));
  const tests = report.testsuites.testsuite.flatMap((suite) =>
    suite.testcase.map((test) => [`${suite["@name"]} > ${test["@name"]}`, outcomeOf(test)]),
  );
  return Object.fromEntries(tests);
}

function outcomeOf({ skipped, failure }: JunitCase): TestOutcome {
  if (failure !== undefined) return { status: "failed", message: failure["@message"] };
  return { status: skipped === undefined ? "passed" : "skipped", message: "" };
}
