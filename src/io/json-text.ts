declare global {
  interface JSON {
    /** Returns a value that `JSON.stringify` copies as is; not yet in the types of TypeScript. */
    rawJSON(text: string): unknown;
  }
}

/**
 * Returns a value as indented JSON, with lists of numbers on one line. A bigint becomes a number
 * with all its digits, as JSON allows.
 */
export function jsonText(value: unknown): string {
  const exact = (_: string, inner: unknown) =>
    typeof inner === "bigint" ? JSON.rawJSON(String(inner)) : inner;
  const indented = JSON.stringify(value, exact, 2);
  // A line feed in a string is escaped, so a match across lines is never inside a string.
  return indented.replace(/\[\n\s+([-\d.e+,\s]+)\n\s+\]/g, (_, numbers) => {
    return `[${numbers.replace(/\s+/g, " ")}]`;
  });
}
