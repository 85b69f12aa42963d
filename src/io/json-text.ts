declare global {
  interface JSON {
    /** A value that `JSON.stringify` writes as it stands; not yet among TypeScript's own types. */
    rawJSON(text: string): unknown;
  }
}

/**
 * A value as indented JSON, a list of numbers on one line. A bigint becomes a number with all its
 * digits, as JSON allows: a reader with exact integers gets the exact count.
 */
export function jsonText(value: unknown): string {
  const exact = (_: string, inner: unknown) =>
    typeof inner === "bigint" ? JSON.rawJSON(String(inner)) : inner;
  const indented = JSON.stringify(value, exact, 2);
  // A line feed in a string is escaped, so what spans lines here is never within one.
  return indented.replace(/\[\n\s+([-\d.e+,\s]+)\n\s+\]/g, (_, numbers) => {
    return `[${numbers.replace(/\s+/g, " ")}]`;
  });
}
