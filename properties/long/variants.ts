/** All laws on the correct variants: at least 2,000 cases each, and 100,000 in total. */
import { Command, Option } from "commander";
import { integer, seedOption } from "../../src/cli/options.ts";
import { runProgram } from "../../src/cli/run-program.ts";
import { grouped } from "../../src/io/text-table.ts";
import { variants } from "../variants/index.ts";
import { lawsFor, tryVariant } from "./try-variant.ts";

interface Options {
  readonly cases: number;
  readonly total: number;
  readonly seed: number;
  readonly only?: readonly string[];
}

const program = new Command("node properties/long/variants.ts")
  .description("run all laws on correct engines and samplers; exit code 1 on an alarm")
  .addOption(
    new Option("--cases <N>", "fewest cases of a variant").argParser(integer(1)).default(2000),
  )
  .addOption(
    new Option("--total <N>", "fewest cases of all").argParser(integer(1)).default(100_000),
  )
  .addOption(seedOption())
  .option("--only <NAME...>", "only these variants")
  .action(seekAlarms);

await runProgram(program);

async function seekAlarms({ cases, total, seed, only }: Options): Promise<void> {
  const chosen = variants.filter(({ subject }) => only?.includes(subject.name) ?? true);
  const each = Math.max(cases, Math.ceil(total / Math.max(1, chosen.length)));
  let [ran, found] = [0, 0];
  for (const [i, { subject }] of chosen.entries()) {
    const runs = Math.ceil(each / lawsFor(subject).length);
    const result = await tryVariant(subject, { seed: seed + i, runs });
    ran += result.cases;
    found += result.alarms.length;
    const counts = `${grouped(result.cases)} cases, ${result.alarms.length} alarms`;
    console.log(`${subject.name}: ${counts}, seed ${seed + i}`);
    for (const alarm of result.alarms) console.log(alarm);
  }
  const of = `${chosen.length} variants, seeds ${seed} to ${seed + chosen.length - 1}`;
  console.log(`${found} alarms in ${grouped(ran)} cases of ${of}`);
  process.exitCode = found > 0 || chosen.length === 0 ? 1 : 0;
}
