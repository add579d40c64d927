/** The two commands, as people run them. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { skipUnless } from '@overlapped/conformance';
import { runDemo } from '../src/demo/run.js';
import { elide } from '../src/demo/transcript.js';
import { patternBytes } from '../src/pattern.js';
import { readResults } from '../src/results.js';
import type { Workload } from '../src/workloads.js';
import { WORKLOADS } from '../src/workloads.js';
import { measured, results, sample } from './results-fixture.js';

const PROGRAMS = path.join(__dirname, '../src');
let directory: string;

function runProgram(
  name: string,
  args: readonly string[],
  env: Record<string, string> = {},
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [path.join(PROGRAMS, `${name}.js`), ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
}

function file(name: string, content: Uint8Array | string): string {
  const where = path.join(directory, name);
  fs.writeFileSync(where, content);
  return where;
}

before(() => (directory = fs.mkdtempSync(path.join(os.tmpdir(), 'overlapped-bench-'))));
after(() => fs.rmSync(directory, { recursive: true, force: true }));

describe('demo', function () {
  this.timeout(60_000);

  for (const size of [0, 1, 4096, 100_000]) {
    it(`compares a file of ${size} bytes`, () => {
      const content = patternBytes(0, size);
      const { status, stdout, stderr } = runProgram('demo', [file(`demo-${size}`, content)]);
      assert.equal(stderr, '');
      assert.equal(status, 0, stdout);
      assert.match(stdout, /✔ \S+ +chosen/);
      assert.match(stdout, /every byte equal/);
      assert.ok(stdout.includes(`same hash: ${createHash('sha256').update(content).digest('hex')}`));
      assert.match(stdout, /\nEverything compared equal to node:fs\.\n$/);
      assert.equal(stdout.match(/Read 32768 bytes\./g)?.length ?? 0, Math.floor(size / 32_768));
    });
  }

  it('leaves out the middle of a long transcript', () => {
    const { status, stdout } = runProgram('demo', [file('long', patternBytes(0, 32_768 * 20))]);
    assert.equal(status, 0);
    const shown = stdout
      .split('\n')
      .filter((line) => line.startsWith('  Read ') || line.startsWith('  ... '));
    assert.equal(shown[3], '  ... 16 more lines');
    assert.deepEqual(elide(['1', '2', '3', '4', '5', '6', '7']), ['1', '2', '3', '4', '5', '6', '7']);
  });

  it('says that it runs on node:fs when told to', () => {
    const path = file('small', 'some bytes');
    const { status, stdout } = runProgram('demo', [path], { OVERLAPPED_BACKEND: 'node-fs' });
    assert.equal(status, 0);
    assert.match(stdout, /reads through node-fs because OVERLAPPED_BACKEND says so/);
    assert.match(stdout, /node:fs on both sides/);
  });

  it('runs on node:fs where the native packages are not installed, and says so', () => {
    const hook = file(
      'hide-native.cjs',
      `const Module = require('node:module');
       const resolve = Module._resolveFilename;
       Module._resolveFilename = function (request, ...rest) {
         if (!/^@overlapped\\/(linux-uring|win-iocp)$/.test(request)) return resolve.call(this, request, ...rest);
         throw Object.assign(new Error('hidden: ' + request), { code: 'MODULE_NOT_FOUND' });
       };`,
    );
    const { status, stdout } = runProgram('demo', [file('plain', 'some bytes')], {
      NODE_OPTIONS: `--require ${JSON.stringify(hook)}`,
    });
    assert.equal(status, 0, stdout);
    if (process.platform === 'linux') assert.match(stdout, /✘ io_uring +refused +package-missing/);
    assert.match(stdout, /This run reads through node-fs\.\n.*node:fs on both sides/);
  });

  it('ends with 2 and one line when there is nothing to read', () => {
    const cases: [string[], RegExp, Record<string, string>?][] = [
      [[path.join(directory, 'missing')], /^demo: no such file: .*missing\n$/],
      [[directory], /^demo: .* is a directory; the demo reads regular files\n$/],
      [['--nonsense'], /^error: unknown option '--nonsense'\n$/],
      [[file('any', 'x')], /^demo: .*OVERLAPPED_BACKEND.*nonsense/, { OVERLAPPED_BACKEND: 'nonsense' }],
    ];
    for (const [args, message, env] of cases) {
      const { status, stderr } = runProgram('demo', args, env);
      assert.equal(status, 2, stderr);
      assert.match(stderr, message);
    }
  });

  it('ends with 2 for a pipe', function () {
    skipUnless(this, process.platform !== 'win32', 'Windows has no named pipes in the file system');
    const pipe = path.join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const { status, stderr } = runProgram('demo', [pipe]);
    assert.equal(status, 2);
    assert.match(stderr, /is a pipe; the demo reads regular files/);
  });

  const content = Buffer.from(patternBytes(0, 50_000));
  const damaged = Buffer.from(content);
  damaged[30_000] = (damaged[30_000] as number) ^ 1;
  const lies: [string, Buffer][] = [
    ['one bit differs', damaged],
    ['the file ends earlier', content.subarray(0, 49_000)],
    ['the file ends later', Buffer.concat([content, content])],
  ];
  for (const [what, reference] of lies) {
    it(`finds it when ${what}`, async () => {
      const lines: string[] = [];
      const equal = await runDemo({
        path: file('ours', content),
        reference: file('theirs', reference),
        size: content.length,
        print: (line) => lines.push(line),
      });
      assert.equal(equal, false);
      const found = lines.filter((line) => line.startsWith('DIFFERENT: '));
      for (const message of [/the article's program read/, /the read at \d+ gave/, /SHA-256 is/]) {
        assert.ok(
          found.some((line) => message.test(line)),
          `${message} in ${lines.join('\n')}`,
        );
      }
      assert.ok(!lines.includes('Everything compared equal to node:fs.'));
    });
  }
});

/** Lines as `[3/12] stream`, and nothing else. */
const PROGRESS_ALONE = /^(\[\d+\/\d+\] \S+\n)+$/;

describe('bench', function () {
  this.timeout(120_000);

  it('measures, and writes JSON, a report and charts', () => {
    const json = path.join(directory, 'out/result.json');
    const { status, stdout, stderr } = runProgram('main', [
      ...['--quick', '--size', '2M', '--repetitions', '2', '--json', json, '--charts', path.dirname(json)],
      ...[
        '--label',
        'a remark',
        '--workload',
        'random-4k-d256',
        'stream',
        '--peer',
        'readSync',
        'readAt',
        'chunks',
      ],
    ]);
    assert.match(stderr, PROGRESS_ALONE);
    assert.equal(status, 0, stdout);
    const output = readResults(json);
    assert.equal(output.label, 'a remark');
    assert.equal(output.machine.node, process.version);
    assert.deepEqual(output.failures, []);
    assert.deepEqual(
      output.workloads.map(({ name }) => name),
      ['random-4k-d256', 'stream'],
    );
    const { chosen } = output.machine.backends;
    for (const { name, repetitions } of output.workloads) {
      assert.equal(repetitions.length, 2);
      const way = name === 'stream' ? 'chunks' : 'readAt';
      for (const samples of repetitions) {
        for (const peer of ['readSync', `${way}@${chosen}`]) {
          const entry = samples[peer];
          assert.ok(entry && entry.ops > 0 && entry.seconds > 0 && entry.verified > 0, peer);
        }
      }
      assert.match(fs.readFileSync(path.join(directory, 'out', `${name}.svg`), 'utf8'), /^<svg /);
      assert.ok(stdout.includes(`${name}: `));
    }
    const report = fs.readFileSync(path.join(directory, 'out/result.html'), 'utf8');
    assert.ok(report.includes('a remark') && report.includes('random-4k-d256'));
    assert.ok(stdout.includes(json));
  });

  it('reads a file of the user', () => {
    const own = file('own', Buffer.alloc(1 << 20, 'own content'));
    const { status, stderr } = runProgram('main', [
      ...[
        '--quick',
        '--file',
        own,
        '--repetitions',
        '1',
        '--workload',
        'read-many-8',
        '--peer',
        'readSync',
        'readMany',
        '--json',
        path.join(directory, 'own.json'),
      ],
    ]);
    assert.match(stderr, PROGRESS_ALONE);
    assert.equal(status, 0);
  });

  it('refuses names and files that do not exist', () => {
    for (const args of [
      ['--workload', 'nonsense'],
      ['--peer', 'nonsense'],
      ['--file', path.join(directory, 'missing')],
    ]) {
      const { status, stderr } = runProgram('main', args);
      assert.equal(status, 2);
      assert.match(stderr, /^bench: .*(nonsense|missing)/);
    }
  });

  it('refuses options that contradict each other', () => {
    for (const other of [['--quick'], ['--workload', 'stream'], ['--peer', 'fio']]) {
      const { status, stderr } = runProgram('main', ['--goals', ...other]);
      assert.equal(status, 2);
      assert.match(stderr, /'--goals' cannot be used with/);
    }
  });

  it('compares two runs, and refuses what is none', () => {
    const json = file('a.json', JSON.stringify(results([measured('w', [{ x: sample(1) }])])));
    const { status, stdout } = runProgram('main', ['compare', json, json]);
    assert.equal(status, 0);
    assert.match(stdout, /w.*x.*1\.00.*ranges overlap/);
    for (const bad of [path.join(directory, 'missing.json'), file('bad.json', '{}')]) {
      const refused = runProgram('main', ['compare', json, bad]);
      assert.equal(refused.status, 2);
      assert.match(refused.stderr, /^bench: .*(missing|bad)\.json/);
    }
  });

  it('ends in order when it is interrupted, and says so', async function () {
    skipUnless(this, process.platform !== 'win32', 'a program on Windows can only be ended at once');
    const json = path.join(directory, 'interrupted.json');
    const args = ['--quick', '--size', '2M', '--workload', 'random-4k-d64', '--json', json];
    const program = spawn(process.execPath, [path.join(PROGRAMS, 'main.js'), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    program.stderr.setEncoding('utf8').on('data', (part: string) => {
      stderr += part;
      if (part.startsWith('[0/')) program.kill('SIGINT');
    });
    assert.deepEqual(await once(program, 'close'), [130, null]);
    assert.match(
      stderr,
      /bench: stopped by SIGINT in measurement 1 of \d+, which was ended; nothing was written/,
    );
    assert.ok(!fs.existsSync(json));
  });

  for (const peer of ['readSync', 'readAt@node-fs', 'FileHandle.read', 'fs.read', 'chunks@node-fs']) {
    it(`a file with other content than expected fails the measurement: ${peer}`, () => {
      const kind = peer.startsWith('chunks') ? 'stream' : 'random';
      const workload = WORKLOADS.find((entry) => entry.kind === kind) as Workload;
      const damaged = file('damaged', Buffer.alloc(1 << 20));
      const job = { workload, peer, file: damaged, fileSize: 1 << 20, patterned: true, amount: 1, seed: 1 };
      const { status, stderr } = runProgram('worker', [JSON.stringify(job)]);
      assert.equal(status, 1);
      assert.match(stderr, /gave wrong content/);
    });
  }
});
