#!/usr/bin/env node
/**
 * The command line. Exit codes: 0 when everything held, 1 when something was found, 2 when the
 * command was misused or a file could not be read.
 */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { gateCommand } from "./gate.ts";
import { verifyCommand } from "./verify.ts";

const { version, description } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
);

const program = new Command("causalgate")
  .description(description)
  .version(version)
  .showHelpAfterError("(causalgate --help lists the commands and options)")
  .exitOverride()
  .addCommand(gateCommand())
  .addCommand(verifyCommand());

for (const command of program.commands) command.copyInheritedSettings(program);

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
