/** Processes and workers that end with reads which the file system does not answer (R74). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { Fixtures } from '@overlapped/conformance';
import { ALL, type FaultFile } from '../src/faultfs.js';
import { describeFaults, Program, type Subject, until, untilHeld } from './support.js';

const SIZE = 1 << 20;
const HELD = 3;

/** Something that reads and is then made to end. */
interface Ending {
  readonly ended: Promise<unknown>;
  /** How it ends, whenever that is. */
  readonly expected: unknown;
}

async function endProgram(name: string, on: FaultFile, how: 'exit' | 'throw' | 'kill'): Promise<Ending> {
  const program = new Program('held', [name, on.path, `${HELD}`]);
  assert.equal(await program.message(), 'reading');
  await untilHeld(on, HELD);
  if (how === 'kill') process.kill(program.pid, 'SIGKILL');
  else program.tell(how);
  const expected = {
    exit: { code: 7, signal: null },
    throw: { code: 1, signal: null },
    kill: { code: null, signal: 'SIGKILL' },
  };
  return { ended: program.exit, expected: expected[how] };
}

async function endWorker(name: string, on: FaultFile, how: 'exit' | 'terminate'): Promise<Ending> {
  const worker = new Worker(path.join(__dirname, 'programs/held.js'), {
    workerData: [name, on.path, `${HELD}`],
  });
  const ended = once(worker, 'exit').then(([code]) => code as number);
  assert.deepEqual(await once(worker, 'message'), ['reading']);
  await untilHeld(on, HELD);
  if (how === 'exit') worker.postMessage('exit');
  else void worker.terminate();
  return { ended, expected: how === 'exit' ? 7 : 1 };
}

const ENDINGS: Readonly<Record<string, (name: string, on: FaultFile) => Promise<Ending>>> = {
  'process.exit()': (name, on) => endProgram(name, on, 'exit'),
  'an uncaught exception': (name, on) => endProgram(name, on, 'throw'),
  'kill -9': (name, on) => endProgram(name, on, 'kill'),
  'process.exit() in a worker': (name, on) => endWorker(name, on, 'exit'),
  'worker.terminate()': (name, on) => endWorker(name, on, 'terminate'),
};

/** Releases until nobody has the file open any more: what waited in line behind held reads is held in its turn. */
async function releaseAll(on: FaultFile): Promise<void> {
  await on.clear();
  await until(async () => (await on.release()).open === 0, 'the file is closed');
}

function endings(subject: Subject, fixtures: Fixtures, cached: boolean, how: string): void {
  // Through the page cache one end of a process and one of a worker will do.
  const chosen = Object.entries(ENDINGS).filter(
    ([what]) => !cached || ['process.exit()', 'worker.terminate()'].includes(what),
  );
  for (const [what, end] of chosen) {
    it(`[R74] ${what} with held reads ${how} ends when they are let go, if not before; others read on`, async () => {
      const on = await subject.fs.file(SIZE, { cached });
      await on.rule(ALL, 'stick');
      let ending: Ending;
      try {
        ending = await end(subject.name, on);
        await subject.run(async ({ open }) => {
          const other = await open(fixtures.file(1000));
          assert.equal(await other.readAt(new Uint8Array(10), 990), 10);
        });
      } finally {
        await releaseAll(on);
      }
      assert.deepEqual(await ending.ended, ending.expected);
    });
  }
}

describeFaults('faults below: ends of environments', (subject) => {
  const fixtures = new Fixtures();
  after(() => fixtures.dispose());
  endings(subject, fixtures, false, 'past the page cache');
  endings(subject, fixtures, true, 'through the page cache');
});

describeFaults(
  'faults below: ends of environments whose readers wait',
  (subject) => {
    const fixtures = new Fixtures();
    after(() => fixtures.dispose());
    endings(subject, fixtures, false, 'that a thread waits in');

    for (const [what, end] of Object.entries(ENDINGS)) {
      it(`[R74] ${what} with held reads: io_uring ends them by interrupting, node:fs by waiting`, async () => {
        const on = await subject.fs.file(SIZE);
        await on.rule(ALL, 'hold');
        try {
          const { ended, expected } = await end(subject.name, on);
          // kill -9 interrupts whoever waits.
          if (subject.name === 'io_uring' || what === 'kill -9') {
            assert.deepEqual(await ended, expected);
            assert.equal((await on.stats()).interrupts, HELD);
            await until(async () => (await on.stats()).open === 0, 'the file is closed');
          } else {
            await untilHeld(on, HELD);
            await on.release();
            assert.deepEqual(await ended, expected);
            assert.equal((await on.stats()).interrupts, 0);
          }
        } finally {
          await on.release();
        }
      });
    }
  },
  { sync: true },
);
