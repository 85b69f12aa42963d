import { mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { integer, seedOption } from "../../src/cli/options.ts";
import { durationText } from "../../src/io/numbers.ts";
import { startRecord } from "../../src/io/run-record.ts";
import { writeReport } from "../../src/report/write-report.ts";
import { expectedSeconds, type PublishPlan, remainingSeconds } from "./estimate.ts";
import { copyResults, readDurations, runSteps, writeDurations } from "./publish.ts";
import { writeResults } from "./results.ts";
import { type FinishedStep, openState } from "./state.ts";
import { type PublishScale, type PublishStep, publishScales } from "./step.ts";
import { publishSteps } from "./steps.ts";

interface Options {
  readonly only?: readonly string[];
  readonly scale: PublishScale;
  readonly jobs: 1 | 2;
  readonly seed: number;
  readonly out?: string;
  readonly fresh?: true;
}

const groups = [...new Set(publishSteps.map(({ group }) => group))];
const names = new Set(publishSteps.flatMap(({ name, group }) => [group, name]));
const reports = join(relative(process.cwd(), join(import.meta.dirname, "../..")), "reports");
const folders = { full: join(reports, "published"), quick: join(reports, "quick") };

/** `npm run reports`: writes reports/published again. */
export function publishCommand(): Command {
  return new Command("publish")
    .description("write reports/published again: all tables, the figures and the page")
    .addOption(
      new Option("--only <STEP,...>", `only these: ${groups.join(", ")}, or one engine`).argParser(
        chosenNames,
      ),
    )
    .addOption(
      new Option("--scale <SCALE>", "an hour, or a trial").choices(publishScales).default("full"),
    )
    .addOption(
      new Option("--jobs <N>", "1, or 2: timing on one core, everything else on another")
        .argParser(integer(1, 2))
        .default(1),
    )
    .addOption(seedOption())
    .option("--out <DIR>", `published folder; default: ${folders.full}, or ${folders.quick}`)
    .option("--fresh", "discard an unfinished run instead of continuing it")
    .action(run);
}

function chosenNames(text: string): string[] {
  const chosen = text.split(",");
  const unknown = chosen.find((name) => !names.has(name));
  if (unknown === undefined) return chosen;
  throw new InvalidArgumentError(`must be some of ${[...names].join(", ")}, got "${unknown}"`);
}

async function run({ only, scale, jobs: lanes, seed, out = folders[scale], fresh }: Options) {
  const work = join(reports, "unfinished-publication");
  if (fresh) await rm(work, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const { git_commit: commit } = await startRecord("npm run reports", seed);
  const state = await openState(work, { scale, seed, commit, out });
  const chosen = publishSteps.filter(
    ({ name, group }) => only === undefined || only.includes(name) || only.includes(group),
  );
  const steps = await availableSteps(chosen, scale);
  const plan: PublishPlan = {
    steps,
    scale,
    lanes,
    jobs: lanes === 2 ? 1 : availableParallelism(),
    measured: await readDurations(out, { scale, lanes }),
  };
  printPlan(plan, [...state.finished.keys()]);
  const print = (line: string) => console.log(line);
  const options = { ...plan, seed, work, out, state, print, heartbeat: 60 };
  const finished = await runSteps(options);
  await copyResults(options);
  await writeDurations(out, plan, finished);
  for (const path of (await writeReport(out)).slice(0, 2)) console.log(`written: ${path}`);
  if (out === folders.full) console.log(`written: ${await writeResults()}`);
  const seconds = [...finished.values()].reduce((sum, step) => sum + step.seconds, 0);
  console.log(`${finished.size} steps, ${durationText(seconds)} of work`);
  const named = (result: FinishedStep["result"]) =>
    [...finished].filter(([, step]) => step.result === result).map(([name]) => name);
  if (named("found").length > 0) console.log(`found something: ${named("found").join(", ")}`);
  if (named("failed").length === 0) return state.close();
  console.log(`FAILED, so the earlier tables were kept: ${named("failed").join(", ")}`);
  console.log("the same command tries only these again");
  process.exitCode = 2;
}

/** Leaves out the steps that this machine cannot run, and prints that their tables are kept. */
async function availableSteps(
  chosen: readonly PublishStep[],
  scale: PublishScale,
): Promise<PublishStep[]> {
  const steps: PublishStep[] = [];
  for (const step of chosen) {
    const reason = await step.missing(scale);
    if (reason === null) steps.push(step);
    else console.log(`${step.name}: kept from the earlier run: ${reason}`);
  }
  return steps;
}

function printPlan(plan: PublishPlan, finished: readonly string[]): void {
  const waiting = plan.steps.filter(({ name }) => !finished.includes(name));
  if (finished.length > 0) console.log(`finished in the run before: ${finished.join(", ")}`);
  for (const step of waiting) {
    const source = plan.measured.has(step.name) ? "as measured before" : "estimated";
    console.log(`  ${step.name}: ${durationText(expectedSeconds(step, plan))}, ${source}`);
  }
  const times = waiting.map((step) => ({ step, state: "waiting" as const, seconds: 0 }));
  const of = (lanes: 1 | 2) => {
    const jobs = lanes === 2 ? 1 : availableParallelism();
    const estimate = {
      ...plan,
      lanes,
      jobs,
      measured: lanes === plan.lanes ? plan.measured : none,
    };
    return durationText(remainingSeconds(times, estimate));
  };
  console.log(`one step after the other about ${of(1)}, with --jobs 2 about ${of(2)}`);
}

const none: ReadonlyMap<string, number> = new Map();
