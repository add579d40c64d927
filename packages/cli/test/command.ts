/** Runs the built command as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

const COMMAND = path.join(__dirname, '../../bin/overlapped.js');

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** A command that runs node, with its own arguments. */
  readonly launcher?: readonly string[];
  /** Gets the process once it runs. */
  readonly meanwhile?: (child: ChildProcess) => void;
}

/** What pipes a file into the command: Node itself would give it a socket, which has no path. */
export const pipe = (file: string): string[] => ['sh', '-c', 'cat "$0" | "$@"', file];

/** Standard output as text. */
export const text = ({ stdout }: Exit): string => stdout.toString();

export function overlapped(args: readonly string[], options: RunOptions = {}): Promise<Exit> {
  const env = { ...process.env, NODE_OPTIONS: '', OVERLAPPED_BACKEND: '', ...options.env };
  const [command, ...rest] = [...(options.launcher ?? []), process.execPath, COMMAND, ...args] as [
    string,
    ...string[],
  ];
  const child = spawn(command, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => stdout.push(data));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  options.meanwhile?.(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout: Buffer.concat(stdout), stderr }));
  });
}
