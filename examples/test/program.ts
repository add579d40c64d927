/** Runs a built example as a process of its own, as its first comment says. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function runExample(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
  const program = path.join(__dirname, '..', `${name}.js`);
  return spawnSync(process.execPath, [program, ...args], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
}
