import { type Command, CommanderError } from "commander";

/**
 * Parses the command line and runs its command. Exit codes: those of the command, 2 on wrong usage
 * or an error, 130 after Ctrl-C and 141 if the reader of the output has gone, as in shells.
 */
export async function runProgram(program: Command): Promise<void> {
  program.exitOverride();
  handDown(program);
  // A reader such as `head` has enough: end quietly, with an exit code that shows it was early.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(141);
    throw error;
  });
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed its message; only --help and --version end with 0.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
    } else {
      const message = error instanceof Error ? error.message : String(error);
      console.error(`${program.name().replace(/ --$/, "")}: ${message}`);
      process.exitCode = 2;
    }
  }
}

/** Gives every command the settings of the one above it. */
function handDown(above: Command): void {
  for (const command of above.commands) handDown(command.copyInheritedSettings(above));
}
