/** How io_uring is refused in the wild, and that the library then reads all the same (R83-R85). */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { BackendsReport, BackendUnavailableError } from '@overlapped/core';
import { Fixtures, pattern, skipUnless } from '@overlapped/conformance';
import { describeUring, ROOT, run, type RunOptions } from './support.js';

const SIZE = 100_000;
const SUM = createHash('sha256').update(pattern(0, SIZE)).digest('hex');

interface Printed {
  readonly report: BackendsReport;
  readonly outcome: { backend?: string; sum?: string } & Partial<BackendUnavailableError>;
}

interface Case {
  readonly title: string;
  readonly options: () => RunOptions;
  readonly code: string;
  readonly message: RegExp;
  /** It is shown another /proc. */
  readonly needsRoot?: boolean;
}

/** @returns the launcher, or undefined where there is no C compiler: then why was printed */
function compileLauncher(fixtures: Fixtures): string | undefined {
  const launcher = fixtures.path('refuse');
  const source = path.join(ROOT, 'packages/linux-uring/test/tools/refuse.c');
  const env = { ...process.env, LD_PRELOAD: '' }; // a compiler needs no sanitizer
  const result = spawnSync('cc', ['-Wall', '-Wextra', '-Werror', '-o', launcher, source], {
    encoding: 'utf8',
    env,
  });
  if (result.status === 0) return launcher;
  if (result.error === undefined || process.env.CI)
    throw new Error(`cc: ${result.error?.message ?? result.stderr}`);
  return undefined;
}

const SYSCTL = '/proc/sys/kernel/io_uring_disabled';
const NO_COMPILER = 'no C compiler (cc) to build the seccomp launcher';

describeUring('io_uring: refusals', () => {
  const fixtures = new Fixtures();
  let launcher: string | undefined;
  let file: string;
  let text: string;
  let disabled: string;
  before(() => {
    disabled = fixtures.path('disabled');
    fs.writeFileSync(disabled, '2\n');
    launcher = compileLauncher(fixtures);
    file = fixtures.file(SIZE);
    text = fixtures.path('text.node');
    fs.writeFileSync(text, 'this is no shared library');
  });
  after(() => fixtures.dispose());

  const refuse = (call: string, errno: number): RunOptions => ({
    launcher: [launcher ?? 'cc-is-missing', call, String(errno)],
  });
  const cases: Case[] = [
    {
      title: 'ENOSYS: an old kernel, or gVisor',
      options: () => refuse('setup', 38),
      code: 'not-implemented',
      message: /ENOSYS/,
    },
    {
      title: 'EPERM: Docker’s seccomp profile',
      options: () => refuse('setup', 1),
      code: 'blocked',
      message: /EPERM.*io_uring_disabled is/,
    },
    {
      // The real switch is the machine's: other programs make rings too.
      title: 'EPERM: kernel.io_uring_disabled is 2',
      options: () => {
        const { launcher: refusing = [] } = refuse('setup', 1);
        const script = `mount --bind "$0" ${SYSCTL} && exec "$@"`;
        return { launcher: ['unshare', '--mount', 'sh', '-c', script, disabled, ...refusing] };
      },
      code: 'disabled-by-sysctl',
      message: /io_uring_setup: EPERM; kernel\.io_uring_disabled is 2/,
      needsRoot: true,
    },
    {
      title: 'EOPNOTSUPP: a managed kernel',
      options: () => refuse('setup', 95),
      code: 'not-supported',
      message: /EOPNOTSUPP/,
    },
    {
      title: 'ENOMEM: RLIMIT_MEMLOCK',
      options: () => refuse('setup', 12),
      code: 'resource-limit',
      message: /errno 12/,
    },
    {
      title: 'EMFILE: no descriptor for the ring',
      options: () => refuse('setup', 24),
      code: 'resource-limit',
      message: /errno 24/,
    },
    {
      title: 'EINVAL on every rung',
      options: () => refuse('setup', 22),
      code: 'kernel-too-old',
      message: /setup, errno 22/,
    },
    {
      title: 'an errno nobody expects',
      options: () => refuse('setup', 71),
      code: 'setup-failed',
      message: /setup failed \(errno 71\)/,
    },
    {
      title: 'a sandbox that allows setup but not enter',
      options: () => refuse('enter', 1),
      code: 'self-test-failed',
      message: /nop failed \(errno 1\)/,
    },
    {
      title: 'a sandbox that allows setup but not register',
      options: () => refuse('register', 1),
      code: 'kernel-too-old',
      message: /opcodes/,
    },
    {
      title: 'no addon where it should be',
      options: () => ({ env: { OVERLAPPED_URING_ADDON: '/nowhere/linux_uring.node' } }),
      code: 'addon-missing',
      message: /\/nowhere\/linux_uring\.node/,
    },
    {
      title: 'an addon that can’t be loaded',
      options: () => ({ env: { OVERLAPPED_URING_ADDON: text } }),
      code: 'addon-load-failed',
      message: /text\.node/,
    },
    {
      title: 'node --no-addons',
      options: () => ({ nodeArguments: ['--no-addons'] }),
      code: 'addons-disabled',
      message: /addon/i,
    },
  ];

  for (const { title, options, code, message, needsRoot = false } of cases) {
    it(`[R84] [R85] ${title}: auto mode says why and reads on, io_uring by name fails`, async function () {
      skipUnless(this, !needsRoot || process.getuid?.() === 0, 'needs root');
      skipUnless(this, !needsRoot || fs.existsSync(SYSCTL), 'this kernel has no such switch');
      const how = options();
      skipUnless(this, how.launcher === undefined || launcher !== undefined, NO_COMPILER);
      const { stdout, stderr, code: exit, signal } = await run('report', [file], how);
      // Newer libuv uses a ring for epoll, and aborts Node itself where setup is allowed and the rest is not.
      skipUnless(this, signal !== 'SIGABRT' || !/^libuv: io_uring/.test(stderr), stderr.trim());
      assert.deepEqual({ exit, stderr }, { exit: 0, stderr: '' });
      const { auto, named } = JSON.parse(stdout) as Record<'auto' | 'named', Printed>;
      for (const { report } of [auto, named]) {
        const uring = report.candidates.find(({ name }) => name === 'io_uring');
        assert.ok(uring !== undefined);
        assert.deepEqual({ status: uring.status, code: uring.code }, { status: 'refused', code });
        assert.match(uring.message, message);
        assert.notEqual(uring.remedy, '');
      }
      assert.deepEqual([auto.report.chosen, auto.report.decidedBy], ['node-fs', 'default']);
      assert.deepEqual(auto.outcome, { backend: 'node-fs', sum: SUM });
      assert.deepEqual([named.report.chosen, named.report.decidedBy], [undefined, 'environment']);
      const { outcome } = named;
      assert.equal(outcome.code, 'ERR_OVERLAPPED_BACKEND_UNAVAILABLE');
      assert.equal(outcome.backend, 'io_uring');
      assert.equal(outcome.refusal?.code, code);
      assert.match(outcome.message ?? '', message);
    });
  }

  for (const errno of [38, 1]) {
    it(`[R5] where statx is refused (errno ${errno}) files open all the same, and directories do not`, async function () {
      skipUnless(this, launcher !== undefined, NO_COMPILER);
      for (const [target, outcome] of [
        [file, { backend: 'io_uring', sum: SUM }],
        [path.dirname(file), { backend: 'io_uring', code: 'EISDIR' }],
      ] as const) {
        const { stdout, stderr, code } = await run('report', [target], refuse('statx', errno));
        assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
        const { named } = JSON.parse(stdout) as Record<'named', Printed>;
        assert.deepEqual({ ...named.outcome, ...outcome }, named.outcome);
      }
    });
  }

  for (const when of ['first', 'loaded']) {
    it(`[R84] without descriptors (addon ${when === 'first' ? 'not yet loaded' : 'loaded'}) a ring is refused for now, not for good`, async () => {
      const launch = ['sh', '-c', 'ulimit -n 100 && exec "$@"', 'sh'];
      const { stdout, stderr, code, signal } = await run('descriptors', [when], { launcher: launch });
      assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
      const { selector, engine, later } = JSON.parse(stdout) as Record<string, string[] | string>;
      // With none, one and two descriptors to spare; a probe needs two at once, and so does an engine. The selector
      // keeps its engine: where its own probe had two, the engine then had two as well.
      assert.deepEqual(selector, ['resource-limit', 'resource-limit', 'ok']);
      assert.deepEqual(engine, when === 'loaded' ? ['EMFILE', 'EMFILE', 'ok'] : []);
      assert.equal(later, 'ok');
    });
  }
});
