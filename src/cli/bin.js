#!/usr/bin/env node
// Plain JavaScript that an old Node can parse: refuses it in one sentence, and otherwise starts the
// command line, from its source in the clone and from its build when installed.
import { existsSync } from "node:fs";

/** The source has syntax of Node 24; the build runs on older versions too. */
const least = { source: 24, build: 22 };
const major = Number.parseInt(process.versions.node, 10);
const source = new URL("./main.ts", import.meta.url);
const build = new URL("../../dist/cli/main.js", import.meta.url);

if (major < least.build) {
  refuse(`Node.js must be version ${least.build} or newer, got ${process.version}`);
} else if (major >= least.source && existsSync(source)) {
  await import(source);
} else if (existsSync(build)) {
  await import(build);
} else {
  const must = `a clone must be built for Node.js older than ${least.source}`;
  refuse(`${must}, got ${process.version} and no dist; run npm ci && npm run build there`);
}

function refuse(message) {
  console.error(`causalgate: ${message}`);
  process.exitCode = 2;
}
