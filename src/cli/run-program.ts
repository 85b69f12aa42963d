import { type Command, CommanderError } from "commander";
import { thrownText } from "../io/thrown.ts";

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
  // Until the command has ended, no exit is a success: an engine can call `process.exit(0)`.
  let isDone = false;
  process.once("exit", (code) => {
    if (isDone || code !== 0) return;
    console.error(`${program.name()}: must not be ended before its result, got exit code 0`);
    process.exitCode = 2;
  });
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed its message; only --help and --version end with 0.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
    } else {
      console.error(`${program.name().replace(/ --$/, "")}: ${messageOf(error)}`);
      process.exitCode = 2;
    }
  } finally {
    isDone = true;
  }
}

/** Returns the message of an error; of a SuppressedError, that of the error that came first. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return thrownText(error);
  // By name: Node before 24 has no such class, and the build makes an error of this name there.
  const isSuppressed = error.name === "SuppressedError" && "suppressed" in error;
  return isSuppressed ? messageOf(error.suppressed) : thrownText(error);
}

/** Gives every command the settings of the one above it. */
function handDown(above: Command): void {
  for (const command of above.commands) handDown(command.copyInheritedSettings(above));
}
