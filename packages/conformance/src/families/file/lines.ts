/** readLines: FileHandle's, a readline.Interface over a stream of the file (R79). */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { FileSubject } from './subject.js';

const MANY = Array.from({ length: 20_000 }, (_, i) => `${i} ${'ü'.repeat(i % 40)}`);

const TEXTS: readonly (readonly [string, string, readonly string[]])[] = [
  ['an empty file', '', []],
  ['a line without an end', 'one', ['one']],
  ['empty lines', '\n\na\n\n', ['', '', 'a', '']],
  ['CRLF, CR and LF', 'a\r\nb\nc\rd\r\n', ['a', 'b', 'c', 'd']],
  ['lines of several chunks', `${MANY.join('\n')}\n`, MANY],
  ['a line longer than a chunk', `${'x'.repeat(200_000)}\ny`, ['x'.repeat(200_000), 'y']],
];

async function linesOf(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

export function lines(subject: FileSubject): void {
  function textFile(text: string): string {
    const path = subject.fixtures.path('lines');
    fs.writeFileSync(path, text);
    return path;
  }

  for (const [what, text, expected] of TEXTS) {
    it(`[R79] ${what}`, async () => {
      const file = await subject.open(textFile(text));
      assert.deepEqual(await linesOf(file.readLines()), expected);
      await file.close();
    });
  }

  it('[R79] takes the stream’s options, and closes the file at its end unless told not to', async () => {
    const path = textFile('first\nsecond\nthird\n');
    await using kept = await subject.open(path);
    assert.deepEqual(await linesOf(kept.readLines({ start: 6, end: 11, autoClose: false })), ['second']);
    assert(kept.fd >= 0);

    const file = await subject.open(path);
    const closed = new Promise<void>((resolve) => file.on('close', resolve));
    assert.deepEqual(await linesOf(file.readLines({ highWaterMark: 3 })), ['first', 'second', 'third']);
    await closed;
  });

  it('[R79] has readline’s events', async () => {
    await using file = await subject.open(textFile('a\nb\n'));
    const reader = file.readLines();
    assert.equal(reader.terminal, false);
    const seen: string[] = [];
    reader.on('line', (line) => seen.push(line));
    await new Promise((resolve) => reader.on('close', resolve));
    assert.deepEqual(seen, ['a', 'b']);
  });
}
