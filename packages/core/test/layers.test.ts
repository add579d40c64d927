/** What each layer stands on: the file API and the streams on the document layer's public entry only (R78, R81). */
import * as main from '@overlapped/core';
import * as documentLayer from '@overlapped/core/overlapped';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = join(__dirname, '../../src');
const IMPORT = /^(?:import|export)\s(type\s)?[^;]*?from '([^']+)'/gms;

interface Import {
  readonly file: string;
  readonly typeOnly: boolean;
  readonly from: string;
}

function importsOf(folder: string): Import[] {
  return readdirSync(join(SOURCES, folder)).flatMap((file) => {
    const text = readFileSync(join(SOURCES, folder, file), 'utf8');
    return [...text.matchAll(IMPORT)].map(([, type, from]) => ({
      file: `${folder}/${file}`,
      typeOnly: type !== undefined,
      from: from as string,
    }));
  });
}

describe('layers', () => {
  it('[R81] the file API and the streams reach backends only through the document layer’s public entry', () => {
    const imports = [...importsOf('file'), ...importsOf('stream')];
    assert(imports.some(({ from }) => from === '../overlapped/index.js'));
    const reachingPast = imports.filter(
      ({ from, typeOnly }) =>
        /\/(engine|node-fs)\//.test(from) ||
        (from.includes('/overlapped/') && from !== '../overlapped/index.js') ||
        (from === '../backend.js' && !typeOnly),
    );
    assert.deepEqual(reachingPast, []);
  });

  it('[R81] the document layer knows nothing of the file API and the streams', () => {
    const upwards = importsOf('overlapped').filter(({ from }) => /\/(file|stream)\//.test(from));
    assert.deepEqual(upwards, []);
  });

  it('[R78] the document layer has an entry of its own, and the main entry exports nothing of it', () => {
    const names = Object.keys(documentLayer);
    for (const name of ['createFile', 'bindHandle', 'Overlapped', 'readFile', 'getLastError']) {
      assert(names.includes(name), name);
    }
    const both = names.filter((name) => name in main);
    assert.deepEqual(both, []);
  });

  it('[R78] its documentation opens with the article’s advice: almost never', () => {
    const text = readFileSync(join(SOURCES, 'overlapped/index.ts'), 'utf8');
    assert.match(text, /^\/\*\*\n \* `@overlapped\/core\/overlapped`.*?Almost never: `open\(\)`/);
  });

  it('[R79] [R80] the file API and the streams are the main entry’s', () => {
    assert.equal(typeof main.open, 'function');
    for (const method of ['read', 'readAt', 'readMany', 'chunks', 'createReadStream', 'readableWebStream']) {
      assert(method in main.OverlappedFile.prototype, method);
    }
  });
});
