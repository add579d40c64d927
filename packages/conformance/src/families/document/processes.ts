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

/** Opens argv's file on argv's backend by the file API, and reads it without end by 200 chains. */
const READ_ON = `
  const { open } = require(${JSON.stringify(require.resolve('@overlapped/core'))});
  const [path, backend] = process.argv.slice(-2);
  const started = open(path, { backend }).then((file) => {
    const chain = async (i) => {
      for (;;) await file.readAt(Buffer.alloc(4096), i * 100);
    };
    for (let i = 0; i < 200; i++) void chain(i);
  });
`;

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
  readonly errors: string;
}

/** How a process comes to its end, and what is seen of that. */
interface Ending {
  /** What it does itself, some turns after its reads began. */
  readonly script?: string;
  readonly kill?: NodeJS.Signals;
  readonly expected: readonly [code: number | null, signal: string | null];
  readonly errors: RegExp;
}

const ENDINGS: Readonly<Record<string, Ending>> = {
  'process.exit()': { script: 'process.exit(7);', expected: [7, null], errors: /^$/ },
  'an uncaught exception': {
    script: "throw new Error('thrown while reading');",
    expected: [1, null],
    errors: /thrown while reading/,
  },
  SIGTERM: { kill: 'SIGTERM', expected: [null, 'SIGTERM'], errors: /^$/ },
  SIGINT: { kill: 'SIGINT', expected: [null, 'SIGINT'], errors: /^$/ },
};

function scriptOf({ script = '' }: Ending): string {
  return `setImmediate(() => setImmediate(() => { require('fs').writeSync(1, 'started\\n'); ${script} }));`;
}

class Child {
  private readonly child: ChildProcess;
  private output = '';
  private errors = '';
  readonly ended: Promise<Ended>;

  constructor(context: ConformanceContext, path: string, script: string) {
    this.child = spawn(process.execPath, ['-e', script, path, context.name], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (data: Buffer) => (this.output += data.toString()));
    this.child.stderr?.on('data', (data: Buffer) => (this.errors += data.toString()));
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => {
        const { output, errors } = this;
        resolve({ code, signal, output, errors });
      });
    });
  }

  /** Resolves once the child has printed `text`; rejects if it ends first. */
  async printed(text: string): Promise<void> {
    const ended = this.ended.then(() => {
      if (!this.output.includes(text)) throw new Error(`ended after: ${this.output}${this.errors}`);
    });
    while (!this.output.includes(text)) {
      await Promise.race([ended, new Promise((resolve) => this.child.stdout?.once('data', resolve))]);
    }
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.child.kill(signal);
  }

  /** Brings it to its end. @returns once it has ended as it should */
  async end({ kill, expected, errors }: Ending): Promise<void> {
    if (kill !== undefined) {
      await this.printed('started');
      this.kill(kill);
    }
    const ended = await this.ended;
    assert.match(ended.errors, errors);
    assert.deepEqual([ended.code, ended.signal], expected);
    assert.equal(ended.output, 'started\n');
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
    const child = new Child(context, source.path, READ_ONE + script);
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
    const child = new Child(context, context.fixtures.file(100), READ_ONE + REPORT);
    const { code, output } = await child.ended;
    assert.equal(code, 0);
    assert.equal(output, `0 16 ${pattern(0, 16).toString('hex')}\n`);
  });

  for (const [how, ending] of Object.entries(ENDINGS)) {
    it(`[R74] ${how} with a read that waits for data neither hangs nor crashes`, async function () {
      const waits = 'kill' in ending || context.capabilities.cancel;
      context.needs(this, waits, 'exit waits for the thread that node:fs reads on');
      await withSource(this, REPORT + scriptOf(ending), (child) => child.end(ending));
    });

    it(`[R74] ${how} with 200 reads of a file on their way neither hangs nor crashes`, async function () {
      needsName(this);
      const script = `${READ_ON} void started.then(() => { ${scriptOf(ending)} });`;
      const child = new Child(context, context.fixtures.file(100_000), script);
      try {
        await child.end(ending);
      } finally {
        child.kill();
      }
    });
  }

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
