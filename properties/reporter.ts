import type { Reporter, TestModule } from "vitest/node";

/** Prints at the end the number of properties and cases and the seed, then the counts of tests. */
export class GateReporter implements Reporter {
  readonly #seed: string;

  constructor(seed: string) {
    this.#seed = seed;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const cases = tests.map((test) => test.meta().cases ?? 0);
    const properties = cases.filter((count) => count > 0).length;
    const total = cases.reduce((sum, count) => sum + count, 0).toLocaleString("en");
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    // A file that cannot be loaded has no failing test, but counts as a failure.
    const unloaded = modules.filter((module) => module.errors().length > 0).length;
    console.log(`${properties} properties ran ${total} cases, seed ${this.#seed}`);
    console.log(`${count("passed")} passed, ${count("failed") + unloaded} failed`);
  }
}
