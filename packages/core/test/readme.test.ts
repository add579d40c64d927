/** The README's first example is what most people copy: it must not be the document layer (R82). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const README = join(__dirname, '../../../../README.md');

describe('README', () => {
  it('[R82] its first TypeScript example uses the file API, not the document layer', () => {
    const example = /^```(?:ts|typescript)\n(.*?)^```/ms.exec(readFileSync(README, 'utf8'))?.[1];
    assert(example !== undefined, 'README.md has no TypeScript example');
    assert.match(example, /\bopen\b[^;]*from '@overlapped\/core'/);
    assert.doesNotMatch(example, /@overlapped\/core\/overlapped/);
  });
});
