import { inspect } from "node:util";

/**
 * Returns the message of a thrown value, which may be anything. An engine can throw an object that
 * has no text, or an error whose message is none.
 */
export function thrownText(thrown: unknown): string {
  try {
    if (thrown instanceof Error && typeof thrown.message === "string") return thrown.message;
    return typeof thrown === "string" ? thrown : inspect(thrown, { depth: 1 });
  } catch {
    return "a value that cannot be printed";
  }
}

/** Returns the stack of a thrown value; null if it has none. */
export function thrownStack(thrown: unknown): string | null {
  try {
    return thrown instanceof Error && typeof thrown.stack === "string" ? thrown.stack : null;
  } catch {
    return null;
  }
}
