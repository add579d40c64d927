/** `pnpm bench:adapters`. What it says of times nobody can check; that both sides do the same work, it checks itself. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { measure } from '../bench/measure.js';
import type { Workload } from '../bench/workloads.js';

const MAIN = join(__dirname, '../bench/main.js');
const NOTHING = { name: 'nothing', title: 'nothing', peer: 'nothing', prepare: () => undefined };

describe('bench of the adapters', () => {
  it('runs both sides in turns, after a pair to warm up', async () => {
    const calls: string[] = [];
    const note = (side: string): number => {
      calls.push(side);
      return 0;
    };
    const workload: Workload = {
      ...NOTHING,
      ours: async () => note('ours'),
      theirs: async () => note('theirs'),
    };
    await measure(workload, '', 3);
    const pairs = ['ours', 'theirs', 'theirs', 'ours', 'ours', 'theirs', 'theirs', 'ours'];
    assert.deepEqual(calls, pairs);
  });

  it('refuses to compare sides that come to different results', async () => {
    const workload: Workload = { ...NOTHING, ours: async () => 1, theirs: async () => 2 };
    await assert.rejects(measure(workload, '', 1), /nothing: the adapter and its peer differ: 1 and 2/);
  });

  it('prints the figures of each workload that is asked for', async () => {
    const args = [MAIN, '--only', 'apache-arrow', '--repetitions', '1'];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    assert.match(stdout, /open\(\) uses \S+; /);
    assert.match(
      stdout,
      /^apache-arrow: .*\n +adapter \d+ ms, FileHandle \d+ ms; speed [\d.]+ \([\d.]+\.\.[\d.]+\), /m,
    );
  });

  it('says which workloads there are where one is not known', async () => {
    await assert.rejects(
      promisify(execFile)(process.execPath, [MAIN, '--only', 'typo']),
      (error: unknown) => {
        const { stderr } = error as { stderr: string };
        return /Allowed choices are hyparquet-scan, .*apache-arrow/.test(stderr);
      },
    );
  });
});
