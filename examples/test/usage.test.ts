/** What all examples have: a usage line, and a first comment that says how to run them. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { runExample } from './program.js';

describe('examples: usage', () => {
  for (const name of ['bind-handle', 'read-file', 'page-cache', 'list-zips', 'file-server', 'hash-tree']) {
    it(`${name} says how it is used`, () => {
      const { status, stdout, stderr } = runExample(name, []);
      assert.deepEqual([status, stdout], [2, '']);
      const usage = /^usage: (node examples\/dist\/.*)\n$/.exec(stderr)?.[1];
      const source = fs.readFileSync(path.join(__dirname, '../..', `${name}.ts`), 'utf8');
      assert(usage !== undefined && source.includes(` *   ${usage}\n`), stderr);
    });
  }
});
