/** `overlapped doctor`: its report, its exit code, and --backend. */
import assert from 'node:assert/strict';
import { skipUnless } from '@overlapped/conformance';
import { type BackendsReport, describeBackends } from '@overlapped/core';
import { overlapped, text } from './command.js';

/** Makes the native packages look for their addon where there is none. */
const NO_ADDON = { OVERLAPPED_URING_ADDON: '/nowhere.node', OVERLAPPED_IOCP_ADDON: '/nowhere.node' };
const NATIVE = process.platform === 'win32' ? 'iocp' : 'io_uring';

describe('command overlapped doctor', () => {
  it('prints what describeBackends reports', async () => {
    const { chosen, candidates } = describeBackends();
    const exit = await overlapped(['doctor']);
    assert.deepEqual([exit.code, exit.stderr], [0, '']);
    for (const { name, message } of candidates) {
      assert.match(text(exit), new RegExp(`^  \\S ${name} .*`, 'm'));
      assert(text(exit).includes(message), message);
    }
    assert.match(text(exit), new RegExp(`\\nopen\\(\\) uses ${chosen}\\.\\n$`));
  });

  it('--json is the report', async () => {
    const exit = await overlapped(['doctor', '--json']);
    assert.equal(exit.code, 0);
    assert.deepEqual(JSON.parse(text(exit)), JSON.parse(JSON.stringify(describeBackends())));
  });

  it('prints no colours where it is not on a terminal, also in CI', async () => {
    const exit = await overlapped(['doctor'], { env: { CI: 'true', FORCE_COLOR: '1' } });
    // eslint-disable-next-line no-control-regex -- that is what colours are
    assert.doesNotMatch(text(exit), /\x1b/);
  });

  it('[R84] says why the native backend is refused and what to do, and that node-fs serves', async function () {
    const report = describeBackends().candidates.find(({ name }) => name === NATIVE);
    skipUnless(this, report?.code !== 'other-platform', `${report?.name}: ${report?.message}`);
    const exit = await overlapped(['doctor'], { env: NO_ADDON });
    assert.equal(exit.code, 0);
    assert.match(text(exit), new RegExp(`✘ ${NATIVE} +refused +addon-missing: .*/nowhere`));
    assert.match(text(exit), /what to do: \S/);
    assert.match(text(exit), /✔ node-fs +chosen/);
    assert.match(text(exit), /open\(\) uses node-fs\.\n$/);
  });

  it('[R85] exits with 1 where the backend asked for can’t be had, by option or by variable', async () => {
    const [option, variable, json] = await Promise.all([
      overlapped(['doctor', '--backend', NATIVE], { env: NO_ADDON }),
      overlapped(['doctor'], { env: { ...NO_ADDON, OVERLAPPED_BACKEND: NATIVE } }),
      overlapped(['doctor', '--backend', NATIVE, '--json'], { env: NO_ADDON }),
    ]);
    assert.deepEqual([option.code, variable.code, json.code], [1, 1, 1]);
    assert.match(text(option), new RegExp(`\\n${NATIVE} is not available`));
    assert.match(text(variable), new RegExp(`OVERLAPPED_BACKEND=${NATIVE}: not available.*Unset it`));
    assert.equal((JSON.parse(text(json)) as BackendsReport).chosen, undefined);
  });

  it('[R85] --backend goes before the variable', async () => {
    const exit = await overlapped(['doctor', '--backend', 'node-fs'], {
      env: { OVERLAPPED_BACKEND: 'nonsense' },
    });
    assert.equal(exit.code, 0);
    assert.match(text(exit), /open\(\) uses node-fs \(--backend node-fs\)\.\n$/);
  });
});
