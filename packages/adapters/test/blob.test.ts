/** A Blob of a file, beside one of the same bytes in memory. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { buffer as bytesOf } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { pattern } from '@overlapped/conformance';
import { fileBlob } from '../src/blob.js';
import { onEachBackend } from './support.js';

const SIZE = 600_000; // several chunks of a stream
const BOUNDS = [undefined, -SIZE - 5, -SIZE, -300_000, -7, 0, 1, 262_144, SIZE - 1, SIZE, SIZE + 5];

onEachBackend('blob', ({ fixtures, open }) => {
  const bytes = pattern(0, SIZE);
  const memory = new Blob([bytes]);
  let path: string;
  before(() => {
    path = fixtures.path();
    writeFileSync(path, bytes);
  });

  it('is a Blob, and shows itself as one', async () => {
    const blob = await fileBlob(await open(path), { type: 'Image/TIFF' });
    assert(blob instanceof Blob);
    assert.equal(Object.prototype.toString.call(blob), '[object Blob]');
    assert.equal(inspect(blob), inspect(new Blob([bytes], { type: 'image/tiff' })));
    assert.equal(blob.size, SIZE);
    assert.equal(blob.type, 'image/tiff');
  });

  it('has no type where it is given none, or one that is none', async () => {
    const file = await open(path);
    assert.equal((await fileBlob(file)).type, '');
    assert.equal((await fileBlob(file, { type: 'a\n' })).type, '');
  });

  it('slices as a Blob in memory does, slices of slices too', async () => {
    const blob = await fileBlob(await open(path));
    for (const start of BOUNDS) {
      for (const end of BOUNDS) {
        const [ours, theirs] = [blob, memory].map((whole) => whole.slice(start, end, 'a/b').slice(3, -3));
        assert.equal(ours!.size, theirs!.size, `${start}, ${end}`);
        const [sample, expected] = [ours, theirs].map((part) => part!.slice(-50).arrayBuffer());
        assert.deepEqual(await sample, await expected, `${start}, ${end}`);
      }
    }
    assert.equal(blob.slice(0, 1, 'a/b').type, 'a/b');
  });

  it('gives the same bytes as array, text and stream', async () => {
    const blob = (await fileBlob(await open(path))).slice(5, 500_000);
    const expected = memory.slice(5, 500_000);
    assert.deepEqual(await blob.arrayBuffer(), await expected.arrayBuffer());
    assert.equal(await blob.text(), await expected.text());
    assert((await bytesOf(blob.stream())).equals(bytes.subarray(5, 500_000)));
  });

  it('streams into the consumer’s buffers, to the end', async () => {
    const reader = (await fileBlob(await open(path))).stream().getReader({ mode: 'byob' });
    const parts: Uint8Array[] = [];
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(100_000));
      if (done) break;
      parts.push(value);
    }
    assert(Buffer.concat(parts).equals(bytes));
  });

  it('is empty for an empty file', async () => {
    const blob = await fileBlob(await open(fixtures.file(0)));
    assert.equal(blob.size, 0);
    assert.equal((await blob.arrayBuffer()).byteLength, 0);
    assert.equal((await bytesOf(blob.stream())).length, 0);
  });

  it('is the body of a Response, with its type', async () => {
    const blob = await fileBlob(await open(path), { type: 'text/x-bytes' });
    const response = new Response(blob);
    assert.equal(response.headers.get('content-type'), 'text/x-bytes');
    assert(Buffer.from(await response.arrayBuffer()).equals(bytes));
  });

  it('refuses to be copied as if it were in memory, and is not taken for empty', async () => {
    const blob = await fileBlob(await open(path));
    assert.throws(() => new Blob([blob]), /pass await blob\.arrayBuffer\(\)/);
    assert.throws(() => structuredClone(blob), { name: 'DataCloneError' });
    assert.throws(() => URL.createObjectURL(blob), { code: 'ERR_INVALID_ARG_TYPE' });
  });
});
