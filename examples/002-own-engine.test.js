/** Some laws on the engine, in Node's own test runner: `node --test 002-own-engine.test.js`. */
import { describeLaws } from "causalgate/node-test";
import engine from "./002-own-engine.js";

describeLaws(engine, {
  laws: ["history-invariance", "cache-equality", "rewind-equality", "fork-independence"],
});
