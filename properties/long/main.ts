/** `npm run test:long`: the runs that take hours, one after the other. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Command } from "commander";
import { seedOption } from "../../src/cli/options.ts";
import { runProgram } from "../../src/cli/run-program.ts";

const root = join(import.meta.dirname, "../..");

/** The command of each step, before `--seed`. */
const steps: Readonly<Record<string, readonly string[]>> = {
  mutants: ["properties/mutants/main.ts"],
  thresholds: ["properties/mutants/main.ts", "thresholds"],
  variants: ["properties/long/variants.ts"],
  large: ["src/cli/main.ts", "verify", "--large", "100"],
};

const program = new Command("npm run test:long --")
  .description(
    "planted bugs, thresholds, correct variants and large cases; exit code 1 if any fail",
  )
  .option("--only <STEP...>", `only these of ${Object.keys(steps).join(", ")}`)
  .addOption(seedOption())
  .action(runSteps);

await runProgram(program);

function runSteps({ only, seed }: { readonly only?: readonly string[]; seed: number }): void {
  const unknown = only?.find((step) => !Object.hasOwn(steps, step));
  if (unknown !== undefined) {
    const must = `must be any of ${Object.keys(steps).join(", ")}`;
    throw new RangeError(`test:long: a step ${must}, got ${unknown}`);
  }
  const failed: string[] = [];
  for (const [step, command] of Object.entries(steps)) {
    if (!(only?.includes(step) ?? true)) continue;
    const start = performance.now();
    const given = [...command, "--seed", String(seed)];
    console.log(`${step}: node ${given.join(" ")}`);
    const { status } = spawnSync(process.execPath, given, { cwd: root, stdio: "inherit" });
    if (status !== 0) failed.push(step);
    const minutes = Math.round((performance.now() - start) / 60_000);
    console.log(`${step}: exit code ${status}, ${minutes} min`);
  }
  console.log(failed.length === 0 ? "all steps succeeded" : `failed: ${failed.join(", ")}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
