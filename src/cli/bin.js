#!/usr/bin/env node
// Plain JavaScript that an old Node can parse: refuses it in one sentence, and otherwise starts the
// command line, from its source in the clone and from its build when installed.
import { existsSync } from "node:fs";

const least = 22;
if (Number.parseInt(process.versions.node, 10) < least) {
  console.error(`causalgate: Node.js must be version ${least} or newer, got ${process.version}`);
  process.exitCode = 2;
} else {
  const source = new URL("./main.ts", import.meta.url);
  const built = new URL("../../dist/cli/main.js", import.meta.url);
  await import(existsSync(source) ? source : built);
}
