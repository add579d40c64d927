/** A program that is run to its end, and that ends, with all that it started, when we do. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Windows has no process groups of this kind; a measurement starts no further programs there. */
const GROUPS = process.platform !== 'win32';

export interface ChildOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Ends the program. */
  readonly signal: AbortSignal;
}

/**
 * @returns what it wrote to standard output
 * @throws Error with what it wrote to standard error, if it failed; the signal's reason, if that ended it
 */
export async function runChild(
  command: string,
  args: readonly string[],
  { env, signal }: ChildOptions,
): Promise<string> {
  signal.throwIfAborted();
  // A group of its own: fio is a child of the child, and has to end too.
  const child = spawn(command, args, { env, detached: GROUPS, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = (): void => {
    try {
      if (GROUPS && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      else child.kill('SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended already
    }
  };
  signal.addEventListener('abort', end);
  process.once('exit', end);
  try {
    const [stdout, stderr] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    signal.throwIfAborted();
    if (child.exitCode === 0) return stdout;
    throw new Error(stderr.trim() || `it ended with ${child.exitCode ?? child.signalCode}`);
  } finally {
    signal.removeEventListener('abort', end);
    process.off('exit', end);
  }
}
