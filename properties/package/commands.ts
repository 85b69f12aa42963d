/** Runs programs in another folder and with another Node, like a shell. */
import { spawn } from "node:child_process";
import { delimiter } from "node:path";

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Place {
  readonly folder: string;
  /** The folder of a `node` that precedes all others. */
  readonly node?: string;
}

/** Variables that npm and vitest set for this process only. */
const ours =
  /^(npm_(?!config_)|npm_config_\w*prefix$|INIT_CWD$|NODE_|VITEST|TEST$|CAUSALGATE_|FORCE_COLOR$)/;

/** Folders in PATH that npm adds for the scripts of this project. */
const projectBin = /node_modules[\\/]\.bin|node-gyp-bin/;

function environment(node: string | undefined): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !ours.test(name));
  const path = (process.env.PATH ?? "").split(delimiter).filter((part) => !projectBin.test(part));
  const PATH = [...(node === undefined ? [] : [node]), ...path].join(delimiter);
  return { ...Object.fromEntries(kept), PATH, NO_COLOR: "1", npm_config_loglevel: "error" };
}

/** Runs a line of a shell. */
export function shell(line: string, { folder, node }: Place): Promise<Finished> {
  const child = spawn(line, { cwd: folder, env: environment(node), shell: true });
  child.stdin.end();
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...output }));
  });
}

/**
 * Runs a line of a shell that must end with 0, and returns its standard output.
 *
 * @throws {Error} with all that it wrote, if it ends with another code
 */
export async function run(line: string, place: Place): Promise<string> {
  const { code, stdout, stderr } = await shell(line, place);
  if (code === 0) return stdout;
  throw new Error(`${line}: must exit with 0, got ${code}\n${stdout}\n${stderr}`);
}
