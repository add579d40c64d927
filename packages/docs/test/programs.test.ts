/** Every TypeScript and JavaScript block of the documentation, as a program of a user's project. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { blocksOf } from '../src/blocks.js';
import { pages, ROOT } from '../src/pages.js';
import { programsOf } from '../src/programs.js';
import { compile, type CompiledProject, prepareProject, run, writeSource } from '../src/project.js';

const PAGES = pages().map((page) => ({
  page,
  ...programsOf(blocksOf(readFileSync(path.join(ROOT, page), 'utf8'))),
}));

describe('programs in the documentation', function () {
  this.timeout(90_000);
  let project: CompiledProject;
  before(() => {
    prepareProject();
    for (const { page, programs, files } of PAGES) {
      for (const source of [...programs, ...files]) writeSource(page, source);
    }
    project = compile();
  });

  for (const { page, programs, files } of PAGES) {
    for (const file of files) {
      it(`${page}:${file.line} (${file.name}) is well-typed`, () => {
        const complaints = project.complaintsOf(page, file);
        assert(complaints === '', complaints);
      });
    }
    for (const program of programs) {
      const prints = program.prints === undefined ? '' : ', and prints what the page says';
      it(`${page}:${program.line} is well-typed and runs${prints}`, () => {
        const complaints = project.complaintsOf(page, program);
        assert(complaints === '', complaints);
        const printed = run(page, program);
        if (program.prints !== undefined) assert.equal(printed, program.prints);
      });
    }
  }
});
