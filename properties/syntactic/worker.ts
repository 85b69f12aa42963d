/** Process that runs one test file at a time, each time with another change of the sources. */
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { createVitest } from "vitest/node";
import { type Change, changedText, changeVariable } from "./change.ts";
import { root } from "./mutants.ts";

/** Request to run tests of a file. */
export interface Task {
  readonly change: Change;
  /** Path of the test file from the project's root. */
  readonly file: string;
  /** Full names of the tests; null for all. */
  readonly names: readonly string[] | null;
}

/** The tests that ran. */
export interface TaskResult {
  readonly tests: readonly {
    readonly name: string;
    readonly passed: boolean;
    readonly ms: number;
    readonly error: string | null;
  }[];
  /** Why the file could not be loaded, or an error outside of tests; null if there is none. */
  readonly error: string | null;
}

const [changeFile, recording] = process.argv.slice(2);
let change: Change = { kind: "none" };

const hook = pathToFileURL(join(import.meta.dirname, "child-hook.ts")).href;
const vitest = await createVitest(
  "test",
  {
    root,
    watch: false,
    // It would return the text of an earlier change.
    fsModuleCache: false,
    update: false,
    reporters: [{}],
    pool: "threads",
    maxWorkers: 1,
    bail: recording === "record" ? 0 : 1,
    env: { NODE_OPTIONS: `--import ${hook}`, [changeVariable]: changeFile },
    setupFiles: recording === "record" ? [join(import.meta.dirname, "record-setup.ts")] : [],
  },
  {
    plugins: [
      {
        name: "causalgate-change",
        enforce: "pre",
        transform: (code: string, id: string) => {
          const file = relative(root, id.replace(/\?.*$/, ""));
          const text = changedText(change, file, () => code);
          return text === null ? null : { code: text, map: null };
        },
      },
    ],
  },
);
await vitest.standalone();

process.on("message", async (task: Task) => {
  try {
    process.send?.(await run(task));
  } catch (error) {
    process.send?.({ tests: [], error: String(error) } satisfies TaskResult);
  }
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");

async function run({ change: next, file, names }: Task): Promise<TaskResult> {
  const changed = [change, next].flatMap(filesOf);
  change = next;
  writeFileSync(changeFile, JSON.stringify(change));
  for (const name of changed) vitest.invalidateFile(join(root, name));
  const options = names === null ? undefined : { testNames: [...names] };
  const project = vitest.getRootProject();
  const specification = project.createSpecification(join(root, file), options);
  const { testModules: all, unhandledErrors } = await vitest.runTestSpecifications([specification]);
  // All modules that this process has run are among them.
  const testModules = all.filter(({ moduleId }) => moduleId === specification.moduleId);
  const errors = [...testModules.flatMap((module) => module.errors()), ...unhandledErrors];
  const tests = testModules.flatMap((module) => [...module.children.allTests()]);
  return {
    tests: tests.flatMap((test) => {
      const { state, errors: thrown } = test.result();
      if (state !== "passed" && state !== "failed") return [];
      const ms = test.diagnostic()?.duration ?? 0;
      const error = thrown?.[0]?.message ?? null;
      return [{ name: test.fullName, passed: state === "passed", ms, error }];
    }),
    error: errors.length === 0 ? null : messageOf(errors[0]),
  };
}

function filesOf(of: Change): readonly string[] {
  if (of.kind === "patch") return [of.patch.file];
  return of.kind === "record" ? Object.keys(of.names) : [];
}

function messageOf(error: unknown): string {
  const isThrown = typeof error === "object" && error !== null && "message" in error;
  return isThrown ? String(error.message) : String(error);
}
