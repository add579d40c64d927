/** Processes that may have few descriptors, or little locked memory (R77). */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fixtures, skipUnless } from '@overlapped/conformance';
import { ALL } from '../src/faultfs.js';
import type { LimitsReport } from './programs/limits.js';
import { describeFaults, Program, untilHeld } from './support.js';

/** A command that runs another one under a limit: options of the shell's ulimit. */
const limited = (limit: string): string[] => ['sh', '-c', `ulimit ${limit} && exec "$@"`, 'sh'];

describeFaults('faults below: limits', (subject) => {
  const fixtures = new Fixtures();
  after(() => fixtures.dispose());

  it('[R3] [R77] no more descriptors: open says EMFILE, open files read on, what is closed can be opened again', async () => {
    const launcher = limited('-n 100');
    const program = new Program('limits', [subject.name, fixtures.file(100_000)], launcher);
    const { refusals, opened, right, fileTable, ...rest } = await program.message<LimitsReport>();
    assert.deepEqual(await program.exit, { code: 0, signal: null });
    assert(opened > 10 && opened < 100, `${opened} files were opened`);
    assert.deepEqual(refusals, { EMFILE: 200 - opened });
    assert.equal(right, 2 * 20 * opened);
    assert.deepEqual(rest, { wrong: 0, openAgain: 0, leaked: 0 });
    // The ring's table of files has no room under this limit: without one it reads all the same.
    if (subject.name === 'io_uring') assert.equal(fileTable, 0);
  });

  it('[R77] [R21] little locked memory makes a small ring: 1,000 completions at once overflow it, and all arrive', async function () {
    const isRoot = process.getuid?.() === 0;
    skipUnless(this, isRoot, 'needs root; for other users the limit counts the rings of all their processes');
    const on = await subject.fs.file(1000 * 4096);
    await on.rule(ALL, 'stick');
    // Root may lock what it likes, unless it gives that right up.
    const launcher = ['setpriv', '--bounding-set=-ipc_lock', '--inh-caps=-ipc_lock', ...limited('-l 32')];
    const program = await startHeld([subject.name, on.path, '1000'], launcher);
    try {
      await untilHeld(on, subject.name === 'io_uring' ? 1000 : 4); // node:fs has four threads
      if (subject.name === 'io_uring') {
        console.log(`      the completion queue has ${completionEntries(program.pid)} entries`);
      }
      await on.clear();
      await on.release();
      assert.deepEqual(await program.message(), Array<string>(1000).fill('512'));
      program.tell('read');
      assert.equal(await program.message(), 'read');
    } finally {
      await on.clear();
      await on.release();
      program.tell('exit');
    }
    assert.deepEqual(await program.exit, { code: 7, signal: null });
  });
});

/** The limit counts what all of this user's processes have locked: other tests may have some of it for a moment. */
async function startHeld(args: string[], launcher: string[]): Promise<Program> {
  for (let tries = 1; ; tries++) {
    const program = new Program('held', args, launcher);
    try {
      assert.equal(await program.message(), 'reading');
      return program;
    } catch (error) {
      if (tries === 20 || !String(error).includes('no room for a ring')) throw error;
      await sleep(200);
    }
  }
}

/** Entries of the completion queue of a process's ring. The kernel decides whether the limit makes it smaller. */
function completionEntries(pid: number): number {
  const ring = fs
    .readdirSync(`/proc/${pid}/fd`)
    .find((fd) => fs.readlinkSync(`/proc/${pid}/fd/${fd}`) === 'anon_inode:[io_uring]');
  const mask = /^CqMask:\s+(\S+)$/m.exec(fs.readFileSync(`/proc/${pid}/fdinfo/${ring}`, 'utf8'));
  return Number(mask?.[1]) + 1;
}
