/**
 * `npm run golden`: `causalgate golden` with two more commands, for the contents of this
 * repository. Without a command it records the fixtures of this folder, from the definition or with
 * `-- --by ENGINE` from an engine of another author; never from the reference decoder, which is
 * compared with them. On unchanged code no byte changes.
 */
import { goldenCommand } from "../src/cli/golden.ts";
import { runProgram } from "../src/cli/run-program.ts";
import { fixturesCommand } from "./record-fixtures.ts";
import { modelsCommand } from "./train-models.ts";

await runProgram(
  goldenCommand()
    .name("npm run golden --")
    .addCommand(fixturesCommand(), { isDefault: true })
    .addCommand(modelsCommand()),
);
