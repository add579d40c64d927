/** A backend that was asked for by name, in code or in the environment (R85). */
import assert from 'node:assert/strict';
import { runModule } from './child.js';

/** Registers a backend that never starts, tries to open a file, and prints what came of it. */
function script(options: string): string {
  return `
    import { open } from '@overlapped/core';
    import { registerBackend } from '@overlapped/core/backend';
    const refusal = { code: 'no-device', message: 'there is no such device', remedy: 'plug it in' };
    registerBackend({ name: 'never', platforms: 'all', create: () => ({ refusal }) });
    const outcome = await open(process.execPath, ${options}).then(
      async (file) => {
        await file.close();
        return { backend: file.backend };
      },
      ({ code, message, backend, refusal }) => ({ code, message, backend, refusal }),
    );
    console.log(JSON.stringify(outcome));
  `;
}

const REFUSED = {
  code: 'ERR_OVERLAPPED_BACKEND_UNAVAILABLE',
  message: 'The backend never is not available: there is no such device. What to do: plug it in',
  backend: 'never',
  refusal: { code: 'no-device', message: 'there is no such device', remedy: 'plug it in' },
};

describe('a backend asked for by name', () => {
  it('[R85] that can’t start fails with its reason, and no other one takes its place', async () => {
    assert.deepEqual(await runModule(script("{ backend: 'never' }")), REFUSED);
  });

  it('[R85] in the environment: the same', async () => {
    assert.deepEqual(await runModule(script('{}'), { OVERLAPPED_BACKEND: 'never' }), REFUSED);
  });

  it('[R85] in code goes before the environment', async () => {
    const outcome = await runModule(script("{ backend: 'node-fs' }"), { OVERLAPPED_BACKEND: 'never' });
    assert.deepEqual(outcome, { backend: 'node-fs' });
  });

  it('[R85] in the environment is used', async () => {
    const outcome = await runModule(script('{}'), { OVERLAPPED_BACKEND: 'node-fs' });
    assert.deepEqual(outcome, { backend: 'node-fs' });
  });

  for (const [options, env, source] of [
    ["{ backend: 'typo' }", {}, 'options.backend'],
    ['{}', { OVERLAPPED_BACKEND: 'typo' }, 'OVERLAPPED_BACKEND'],
  ] as const) {
    it(`[R85] that nobody knows is refused, naming ${source} and what there is`, async () => {
      const { code, message } = (await runModule(script(options), env)) as Record<string, string>;
      assert.equal(code, 'ERR_INVALID_ARG_VALUE');
      assert.match(message!, new RegExp(`'${source}' must be one of: auto, .*node-fs.* Received 'typo'`));
    });
  }
});
