/**
 * Returns the fenced blocks of a page that begin with `$ causalgate ...`: each command, and lines
 * of its output.
 */
export function shownCommands(page: string): Map<string, string[]> {
  const shown = new Map<string, string[]>();
  for (const [, indent, body] of page.matchAll(/^( *)```text\n([\s\S]*?)^ *```$/gm)) {
    const [first, ...lines] = body.trimEnd().split("\n");
    const command = first.slice(indent.length).replace(/^\$ causalgate /, "");
    const output = lines.map((line) => line.slice(indent.length));
    shown.set(command, [...(shown.get(command) ?? []), ...output]);
  }
  return shown;
}
