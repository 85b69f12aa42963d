/**
 * One process of the peers: times the job in its first argument, JSON, and prints a line of JSON
 * for each call.
 */
import { timePeers } from "./time-peers.ts";

try {
  for await (const timing of timePeers(JSON.parse(process.argv[2]))) {
    console.log(JSON.stringify(timing));
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
