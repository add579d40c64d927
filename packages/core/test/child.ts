/** Runs a script in a process of its own, in which nothing was imported yet. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const PACKAGE = join(__dirname, '../..');

/** @returns what the script, an ES module, printed as JSON. It is run in the package, which it can import by name. */
export async function runModule(script: string, env: Record<string, string> = {}): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: PACKAGE,
    env: { ...process.env, ...env },
  });
  return JSON.parse(stdout);
}
