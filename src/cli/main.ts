/**
 * The command line. Exit codes: 0 all kept, 1 something found, 2 wrong usage or unreadable input, 3
 * unproven or nothing compared; see docs/versioning.md.
 */
import { Command } from "commander";
import { packageDescription, packageVersion } from "../io/package-files.ts";
import { assignmentCommand } from "./assignment.ts";
import { benchCommand } from "./bench.ts";
import { costCommand } from "./cost.ts";
import { demoCommand } from "./demo.ts";
import { explainCommand } from "./explain.ts";
import { gateCommand } from "./gate.ts";
import { generateCommand } from "./generate.ts";
import { goldenCommand } from "./golden.ts";
import { initCommand } from "./init.ts";
import { lawsCommand } from "./laws.ts";
import { reportCommand } from "./report.ts";
import { runProgram } from "./run-program.ts";
import { summaryCommand } from "./summary.ts";
import { tablesCommand } from "./tables.ts";
import { traceCommand } from "./trace.ts";
import { trainCommand } from "./train.ts";
import { verifyCommand } from "./verify.ts";

const program = new Command("causalgate")
  .description(packageDescription)
  .version(packageVersion)
  .showHelpAfterError("(causalgate --help lists the commands and options)")
  .addCommand(gateCommand())
  .addCommand(initCommand())
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
  .addCommand(tablesCommand())
  .addCommand(explainCommand());

await runProgram(program);
