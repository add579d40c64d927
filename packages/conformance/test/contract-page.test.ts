/** docs/contract.md says what the code does: its error table is the code's, row by row and number by number. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { codeOf, win32FromErrno } from '@overlapped/core/backend';
import { REQUIREMENTS } from '@overlapped/conformance';

const page = path.join(__dirname, '..', '..', '..', '..', 'docs', 'contract.md');

interface Row {
  readonly code: string;
  readonly win32: readonly number[];
  readonly errno: readonly number[];
}

function numbers(cell: string): number[] {
  return cell
    .split(',')
    .map(Number)
    .filter((n) => n > 0);
}

function errorRows(): Row[] {
  const text = fs.readFileSync(page, 'utf8');
  const lines = [...text.matchAll(/^\| (E[A-Z]+) \| ([\d, ]+) \| ([\d, ]*)\|/gm)];
  return lines.map(([, code, win32, errno]) => ({
    code: code as string,
    win32: numbers(win32 as string),
    errno: numbers(errno as string),
  }));
}

describe('the contract page', () => {
  it('[R17] maps each Win32 number and each errno as the code does', () => {
    const rows = errorRows();
    assert.ok(rows.length > 20);
    for (const { code, win32, errno } of rows) {
      for (const n of win32) assert.equal(codeOf(n), code, String(n));
      for (const n of errno) assert.equal(win32FromErrno(n), win32[0], `${code}, errno ${n}`);
    }
  });

  it('[R17] leaves out no Win32 number that the code names, and no errno', () => {
    const rows = errorRows();
    const listed = new Set(rows.flatMap(({ win32 }) => win32));
    for (let n = 1; n < 4000; n++) assert.equal(codeOf(n) !== 'EUNKNOWN', listed.has(n), `Win32 ${n}`);
    const errnos = new Set(rows.flatMap(({ errno }) => errno));
    const unknown = 31;
    for (let n = 1; n < 200; n++) assert.equal(win32FromErrno(n) !== unknown, errnos.has(n), `errno ${n}`);
  });

  it('numbers its requirements R1 to R85, each once', () => {
    const ids = REQUIREMENTS.map(({ id }) => id);
    assert.deepEqual(
      ids,
      Array.from({ length: 85 }, (_, i) => `R${i + 1}`),
    );
  });
});
