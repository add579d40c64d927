/** Signals while reads are pending: to the process, and to the threads that read (R21). */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { ALL } from '../src/faultfs.js';
import { describeFaults, Program, until, untilHeld } from './support.js';

const SIZE = 1 << 20;
const HELD = 3;

describeFaults('faults below: signals', (subject) => {
  it('[R21] a storm of signals disturbs no read, of 2,000 that are late, short or neither', async () => {
    const on = await subject.fs.file(SIZE);
    for (let i = 0; i < 1200; i += 6) {
      await on.rule({ reads: [i, i] }, i % 4 === 0 ? { delay: 2 } : { short: 99 });
    }
    const program = new Program('storm', [subject.name, on.path]);
    assert.equal(await program.message(), 'reading');
    let over = false;
    const report = program.message<object>().finally(() => (over = true));
    while (!over) {
      for (let i = 0; i < 20; i++) process.kill(program.pid, 'SIGUSR2');
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(await report, { wrong: 0, enough: true });
    program.tell('end');
    assert.deepEqual(await program.exit, { code: 0, signal: null });
  });

  it('[R21] signals to the very threads that read: what they interrupt is read again, and nobody hears', async () => {
    const on = await subject.fs.file(SIZE);
    await on.rule(ALL, 'hold');
    const program = new Program('held', [subject.name, on.path, `${HELD}`]);
    try {
      assert.equal(await program.message(), 'reading');
      await untilHeld(on, HELD);
      // A signal that is pending already is not sent twice, so one thread after the other gets one.
      const signalThreads = async (): Promise<void> => {
        for (const thread of fs.readdirSync(`/proc/${program.pid}/task`)) {
          process.kill(Number(thread), 'SIGUSR2');
          await untilHeld(on, HELD);
        }
      };
      for (let round = 0; round < 5; round++) await signalThreads();
      // The ring's reads wait in no thread of the process, or in one of the kernel's, which takes no signals.
      const isInterrupted = subject.name === 'node-fs';
      await until(async () => {
        const { reads, interrupts } = await on.stats();
        // One that a thread without a processor has yet to take holds up all that follow.
        if (isInterrupted && interrupts === 0) await signalThreads();
        return interrupts > 0 === isInterrupted && reads === HELD + interrupts;
      }, 'reads are interrupted where a thread waits in them, and each is made again');
      await on.clear(); // the last signal may not have come yet
      await on.release();
      assert.deepEqual(await program.message(), Array<string>(HELD).fill('512'));
    } finally {
      await on.release();
      program.tell('exit');
    }
    assert.deepEqual(await program.exit, { code: 7, signal: null });
  });
});
