/** The layers and the selection, as far as they show from outside (R78-R85). */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import * as core from '@overlapped/core';
import * as documentLayer from '@overlapped/core/overlapped';

const coreFolder = path.dirname(require.resolve('@overlapped/core/package.json'));

function sourcesOf(folder: string): string[] {
  const files = fs.readdirSync(path.join(coreFolder, folder), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.ts')).map((file) => path.join(coreFolder, folder, file));
}

function importsOf(file: string): string[] {
  return [...fs.readFileSync(file, 'utf8').matchAll(/from '([^']+)'/g)].map((match) => match[1] as string);
}

/** Chooses in a process of its own, since a choice is for the process's life. */
function chosenWith(variable: string): { status: number | null; stdout: string; stderr: string } {
  const script = `const { selectBackend } = require(${JSON.stringify(require.resolve('@overlapped/core'))});
    console.log('imported'); console.log(selectBackend().name);`;
  const env = { ...process.env, OVERLAPPED_BACKEND: variable };
  return spawnSync(process.execPath, ['-e', script], { env, encoding: 'utf8' });
}

describe('layers', () => {
  it('[R78] the main entry has nothing of the document layer', () => {
    const shared = Object.keys(documentLayer).filter((name) => name in core);
    assert.deepEqual(shared, []);
  });

  it('[R81] the file API and the streams import nothing below the public document layer', () => {
    for (const file of [...sourcesOf('src/file'), ...sourcesOf('src/stream')]) {
      for (const name of importsOf(file)) {
        assert.doesNotMatch(name, /\/(engine|node-fs)\//, file);
        if (name.includes('/overlapped/')) assert.equal(path.basename(name), 'index.js', file);
      }
    }
  });

  it('[R82] what newcomers read first does not import the document layer', () => {
    const root = path.join(coreFolder, '..', '..');
    const first = ['README.md', 'examples/read-file.ts'].map((file) => path.join(root, file));
    const existing = first.filter((file) => fs.existsSync(file));
    assert.ok(existing.length > 0);
    for (const file of existing) {
      const text = fs.readFileSync(file, 'utf8');
      const code = file.endsWith('.md') ? (/```(?:ts|js)\n([^]*?)```/.exec(text)?.[1] ?? '') : text;
      assert.doesNotMatch(code, /@overlapped\/core\/overlapped/, file);
      assert.match(code, /@overlapped\/core/, file);
    }
  });

  it('[R83] [R84] the report says for each candidate whether it was chosen, and why not', () => {
    const { chosen, candidates } = core.describeBackends();
    assert.ok(chosen !== undefined);
    assert.equal(candidates.filter(({ status }) => status === 'chosen').length, 1);
    for (const { name, code, message } of candidates) assert.ok(code !== '' && message !== '', name);
    const first = candidates.find(({ status, code }) => status !== 'refused' && code !== 'other-platform');
    assert.equal(first?.name, chosen);
  });

  it('[R85] a backend asked for by name is taken, and an unknown one fails, but not at import', () => {
    const named = chosenWith('node-fs');
    assert.deepEqual([named.status, named.stdout], [0, 'imported\nnode-fs\n']);
    const unknown = chosenWith('no-such-backend');
    assert.deepEqual([unknown.status, unknown.stdout], [1, 'imported\n']);
    assert.match(unknown.stderr, /no-such-backend/);
  });
});
