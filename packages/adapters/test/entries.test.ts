/** The package's entries, from ES modules and CommonJS. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const MANIFEST = join(__dirname, '../../package.json');
const { exports: entries } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as {
  exports: Record<string, unknown>;
};
const requireHere = createRequire(__filename);

describe('entries of @overlapped/adapters', () => {
  for (const entry of Object.keys(entries).filter((name) => name !== './package.json')) {
    it(`${entry} gives import the names and the things that it gives require`, async () => {
      const name = `@overlapped/adapters/${entry.slice(2)}`;
      const required = requireHere(name) as Record<string, unknown>;
      const imported = (await import(name)) as Record<string, unknown>;
      assert.notEqual(Object.keys(required).length, 0);
      for (const [key, value] of Object.entries(required)) assert.equal(imported[key], value, key);
    });
  }
});
