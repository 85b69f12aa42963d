/** `npm run test:long`: the runs that take hours, one after the other. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Command, Option } from "commander";
import { integer, seedOption } from "../../src/cli/options.ts";
import { runProgram } from "../../src/cli/run-program.ts";

const root = join(import.meta.dirname, "../..");

/** The command of each step, before `--seed`. */
const steps: Readonly<Record<string, readonly string[]>> = {
  mutants: ["properties/mutants/main.ts"],
  thresholds: ["properties/mutants/main.ts", "thresholds"],
  syntactic: ["properties/mutants/main.ts", "syntactic"],
  variants: ["properties/long/variants.ts"],
  large: ["src/cli/main.ts", "verify", "--large", "100"],
};

const program = new Command("npm run test:long --")
  .description(
    "planted bugs, thresholds, mutants of the syntax, correct variants and large cases; exit code 1 if any fail",
  )
  .option("--only <STEP...>", `only these of ${Object.keys(steps).join(", ")}`)
  .addOption(
    new Option("--sample <N>", "mutants of the syntax to try; all by default").argParser(
      integer(1),
    ),
  )
  .addOption(seedOption())
  .action(runSteps);

await runProgram(program);

interface Options {
  readonly only?: readonly string[];
  readonly sample?: number;
  readonly seed: number;
}

function runSteps({ only, sample, seed }: Options): void {
  const unknown = only?.find((step) => !Object.hasOwn(steps, step));
  if (unknown !== undefined) {
    const must = `must be any of ${Object.keys(steps).join(", ")}`;
    throw new RangeError(`test:long: a step ${must}, got ${unknown}`);
  }
  const failed: string[] = [];
  for (const [step, command] of Object.entries(steps)) {
    if (!(only?.includes(step) ?? true)) continue;
    const start = performance.now();
    const sampled = step === "syntactic" && sample !== undefined ? ["--sample", `${sample}`] : [];
    const given = [...command, ...sampled, "--seed", String(seed)];
    console.log(`${step}: node ${given.join(" ")}`);
    const { status } = spawnSync(process.execPath, given, { cwd: root, stdio: "inherit" });
    if (status !== 0) failed.push(step);
    const minutes = Math.round((performance.now() - start) / 60_000);
    console.log(`${step}: exit code ${status}, ${minutes} min`);
  }
  console.log(failed.length === 0 ? "all steps succeeded" : `failed: ${failed.join(", ")}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
