/** Some laws on the engine, in Node's own test runner: `node --test 008-python-engine.test.js`. */
import { describeLaws } from "causalgate/node-test";
import engine from "./008-python-engine.js";

describeLaws(engine, {
  laws: ["history-invariance", "cache-equality", "rewind-equality", "definition-equality"],
  runs: 30,
});
