/** The zip lister gives what yauzl gives, for zips that yazl made: small, large, Zip64, with comments, empty, damaged. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Fixtures } from '@overlapped/conformance';
import yauzl from 'yauzl';
import yazl from 'yazl';
import { listZip, type ZipEntry } from '../list-zips.js';
import { runExample } from './program.js';

interface ZipOptions {
  readonly entries: number;
  readonly forceZip64?: boolean;
  readonly comment?: string;
}

/** A large directory is larger than what is read first. */
const ZIPS: readonly (readonly [string, ZipOptions])[] = [
  ['no entries', { entries: 0 }],
  ['some entries', { entries: 20 }],
  ['the longest comment', { entries: 3, comment: 'x'.repeat(0xffff) }],
  ['Zip64 records', { entries: 20, forceZip64: true }],
  ['a large directory', { entries: 3000 }],
  ['a large directory and Zip64 records', { entries: 3000, forceZip64: true }],
];

async function makeZip(
  file: string,
  { entries, forceZip64 = false, comment = '' }: ZipOptions,
): Promise<void> {
  const zip = new yazl.ZipFile();
  for (let i = 0; i < entries; i++) {
    const name = `folder/ünïcode ${i} ${'x'.repeat(i % 50)}.txt`;
    zip.addBuffer(Buffer.alloc(i % 100, 'content'), name, {
      forceZip64Format: forceZip64,
      compress: i % 2 === 0,
    });
  }
  zip.end({ forceZip64Format: forceZip64, comment });
  await pipeline(zip.outputStream, fs.createWriteStream(file));
}

/** What yauzl says is in it. */
function oracle(file: string): Promise<ZipEntry[]> {
  return new Promise((resolve, reject) => {
    yauzl.open(file, { lazyEntries: false }, (error, zip) => {
      if (error !== null) {
        reject(error);
        return;
      }
      const entries: ZipEntry[] = [];
      zip.on('entry', ({ fileName, uncompressedSize, compressedSize }: yauzl.Entry) =>
        entries.push({ name: fileName, size: uncompressedSize, compressedSize }),
      );
      zip.on('error', reject);
      zip.on('end', () => resolve(entries));
    });
  });
}

describe('examples: zip lister', () => {
  const fixtures = new Fixtures();
  after(() => fixtures.dispose());

  for (const [what, options] of ZIPS) {
    it(`lists a zip with ${what}`, async () => {
      const file = fixtures.path('x.zip');
      await makeZip(file, options);
      const entries = await listZip(file);
      assert.equal(entries.length, options.entries);
      assert.deepEqual(entries, await oracle(file));
    });
  }

  it('is not misled by an end record in the comment', async () => {
    const file = fixtures.path('x.zip');
    await makeZip(file, { entries: 3 });
    const whole = fs.readFileSync(file);
    const comment = Buffer.concat([whole.subarray(-22), Buffer.alloc(8)]);
    whole.writeUInt16LE(comment.length, whole.length - 2);
    fs.writeFileSync(file, Buffer.concat([whole, comment]));
    assert.equal((await listZip(file)).length, 3);
  });

  it('refuses what is no zip, or half of one, with the reason', async () => {
    const file = fixtures.path('x.zip');
    await makeZip(file, { entries: 3000 });
    const whole = fs.readFileSync(file);
    const refused = async (bytes: Buffer, reason: RegExp): Promise<void> => {
      const damaged = fixtures.path('damaged.zip');
      fs.writeFileSync(damaged, bytes);
      await assert.rejects(listZip(damaged), (error: Error) => reason.test(error.message));
    };
    await refused(Buffer.alloc(0), /no end record/);
    await refused(Buffer.alloc(100_000, 'PK'), /no end record/);
    await refused(whole.subarray(0, -1), /no end record/);
    await refused(whole.subarray(-1000), /past its end/);
    const holed = Buffer.from(whole);
    holed.fill(0, whole.length - 100_000, whole.length - 50_000);
    await refused(holed, /entries of 3000/);
  });

  it('runs as a program on many, one of them missing', async () => {
    const files = Array.from({ length: 40 }, () => fixtures.path('x.zip'));
    await Promise.all(files.map((file, entries) => makeZip(file, { entries })));
    const missing = fixtures.path('missing.zip');
    const { status, stdout, stderr } = runExample('list-zips', [...files, missing]);
    assert.equal(status, 1);
    assert.match(stderr, /^ENOENT: .*missing\.zip.*\n$/);
    for (const [entries, file] of files.entries()) assert(stdout.includes(`${file}: ${entries} entries, `));
  });
});
