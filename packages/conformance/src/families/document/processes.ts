/** The event loop and the process's end, seen from outside: each case is a process of its own (R74, R75). */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { describeBackends } from '@overlapped/core';
import type { ConformanceContext } from '../../context.js';
import { pattern } from '../../fixtures.js';
import type { PendingSource } from '../../pending-source.js';

/** Opens argv's file on argv's backend and starts one read. `done` runs in the callback. */
const READ_ONE = `
  const o = require(${JSON.stringify(require.resolve('@overlapped/core/overlapped'))});
  const [path, backend] = process.argv.slice(-2);
  const start = (done) => {
    const handle = o.createFile(path, undefined, undefined, null, o.OPEN_EXISTING, o.FILE_FLAG_OVERLAPPED, null, { backend });
    o.bindHandle(handle);
    const buffer = Buffer.alloc(16);
    const overlapped = new o.Overlapped().pack((errorCode, numBytes, completed) => {
      o.Overlapped.free(completed);
      done(errorCode, numBytes, buffer);
    }, buffer);
    o.queueReadFile(handle, buffer, 0, 16, overlapped);
  };
`;
const STARTED = `setImmediate(() => console.log('started'));`;
const REPORT = `start((errorCode, numBytes, buffer) => console.log([errorCode, numBytes, buffer.toString('hex')].join(' ')));`;

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
}

class Child {
  private readonly child: ChildProcess;
  private output = '';
  readonly ended: Promise<Ended>;

  constructor(context: ConformanceContext, path: string, script: string) {
    const args = ['-e', READ_ONE + script, path, context.name];
    this.child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.child.stdout?.on('data', (data: Buffer) => (this.output += data.toString()));
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => resolve({ code, signal, output: this.output }));
    });
  }

  /** Resolves once the child has printed `text`; rejects if it ends first. */
  async printed(text: string): Promise<void> {
    const ended = this.ended.then(() => {
      if (!this.output.includes(text)) throw new Error(`ended after: ${this.output}`);
    });
    while (!this.output.includes(text)) {
      await Promise.race([ended, new Promise((resolve) => this.child.stdout?.once('data', resolve))]);
    }
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

export function processes(context: ConformanceContext): void {
  const needsName = (test: Mocha.Context): void => {
    const report = describeBackends().candidates.find(({ name }) => name === context.name);
    const usable = report !== undefined && report.status !== 'refused';
    context.needs(test, usable, 'a child process can choose only backends that have a name');
  };

  const withSource = async (
    test: Mocha.Context,
    script: string,
    body: (child: Child, source: PendingSource) => Promise<void>,
  ): Promise<void> => {
    needsName(test);
    context.needs(test, context.capabilities.pipes, 'the backend reads no pipes');
    const source = await context.fixtures.pendingSource();
    const child = new Child(context, source.path, script);
    try {
      await body(child, source);
    } finally {
      child.kill();
      await source.end();
    }
  };

  it('[R75] a pending read keeps the process alive until its data arrives, and its end lets it go', async function () {
    await withSource(this, REPORT + STARTED, async (child, source) => {
      await child.printed('started');
      await source.write(pattern(0, 16));
      const { code, output } = await child.ended;
      assert.equal(code, 0);
      assert.equal(output, `started\n0 16 ${pattern(0, 16).toString('hex')}\n`);
    });
  });

  it('[R75] an idle backend with an open, bound handle keeps nothing alive', async function () {
    needsName(this);
    const child = new Child(context, context.fixtures.file(100), REPORT);
    const { code, output } = await child.ended;
    assert.equal(code, 0);
    assert.equal(output, `0 16 ${pattern(0, 16).toString('hex')}\n`);
  });

  it('[R74] process.exit() with a read in flight neither hangs nor crashes', async function () {
    context.needs(this, context.capabilities.cancel, 'exit waits for the thread that node:fs reads on');
    await withSource(this, `${REPORT} setImmediate(() => process.exit(7));`, async (child) => {
      const { code, signal, output } = await child.ended;
      assert.deepEqual([code, signal, output], [7, null, '']);
    });
  });

  it('[R74] ending a Worker with a read in flight neither hangs nor crashes', async function () {
    context.needs(this, context.capabilities.cancel, 'the end waits for the thread that node:fs reads on');
    const inWorker = `${READ_ONE} start(() => console.log('called')); setImmediate(() => postMessage('started'));`;
    const script = `
      const { Worker } = require('node:worker_threads');
      const code = ${JSON.stringify(inWorker.replace('process.argv', 'require("node:worker_threads").workerData'))};
      const worker = new Worker('const { parentPort } = require("node:worker_threads"); const postMessage = (m) => parentPort.postMessage(m);' + code, { eval: true, workerData: process.argv.slice(-2) });
      worker.once('message', () => worker.terminate().then((code) => console.log('terminated', code)));
    `;
    await withSource(this, script, async (child) => {
      const { code, signal, output } = await child.ended;
      assert.deepEqual([code, signal, output], [0, null, 'terminated 1\n']);
    });
  });
}
