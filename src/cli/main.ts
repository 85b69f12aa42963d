/**
 * The command line. Exit codes: 0 when everything held, 1 when something was found, 2 when the
 * command was misused or a file could not be read; 130 after Ctrl-C and 141 when nobody reads the
 * output any more, as shells have it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { packageRoot } from "../io/package-files.ts";
import { assignmentCommand } from "./assignment.ts";
import { benchCommand } from "./bench.ts";
import { costCommand } from "./cost.ts";
import { demoCommand } from "./demo.ts";
import { explainCommand } from "./explain.ts";
import { gateCommand } from "./gate.ts";
import { generateCommand } from "./generate.ts";
import { goldenCommand } from "./golden.ts";
import { lawsCommand } from "./laws.ts";
import { reportCommand } from "./report.ts";
import { summaryCommand } from "./summary.ts";
import { traceCommand } from "./trace.ts";
import { trainCommand } from "./train.ts";
import { verifyCommand } from "./verify.ts";

const { version, description } = JSON.parse(
  readFileSync(join(packageRoot, "package.json"), "utf8"),
);

const program = new Command("causalgate")
  .description(description)
  .version(version)
  .showHelpAfterError("(causalgate --help lists the commands and options)")
  .exitOverride()
  .addCommand(gateCommand())
  .addCommand(verifyCommand())
  .addCommand(lawsCommand())
  .addCommand(goldenCommand())
  .addCommand(demoCommand())
  .addCommand(summaryCommand())
  .addCommand(traceCommand())
  .addCommand(generateCommand())
  .addCommand(trainCommand())
  .addCommand(costCommand())
  .addCommand(benchCommand())
  .addCommand(assignmentCommand())
  .addCommand(reportCommand())
  .addCommand(explainCommand());

handDown(program);

/** Gives every command below the settings of the one above it. */
function handDown(above: Command): void {
  for (const command of above.commands) handDown(command.copyInheritedSettings(above));
}

// Somebody like `head` has read enough: end quietly, and say by the exit code that it was early.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(141);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what it had to say; only --help and --version end well.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    console.error(`causalgate: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 2;
  }
}
