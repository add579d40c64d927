/**
 * The oracle: the file API's families on Node's own FileHandle, so that the suite is checked against something that
 * this project did not write.
 */
import { promises } from 'node:fs';
import type { ReadableStream } from 'node:stream/web';
import { COMMON_FAMILIES } from './families/file/index.js';
import type { CommonFile, FileSubject } from './families/file/subject.js';
import { Fixtures } from './fixtures.js';
import { skipUnless } from './skip.js';

/** A FileHandle as a {@link CommonFile}: @types/node says less of it than there is, and byte streams must be asked for. */
function adapt(handle: promises.FileHandle): CommonFile {
  const node = handle as unknown as CommonFile & {
    readableWebStream(options: { type: 'bytes' }): ReadableStream<Uint8Array>;
  };
  return {
    get fd() {
      return handle.fd;
    },
    read: node.read.bind(node),
    readv: node.readv.bind(node),
    readFile: node.readFile.bind(node),
    readLines: (options) => handle.readLines(options),
    stat: node.stat.bind(node),
    createReadStream: (options) => handle.createReadStream(options),
    readableWebStream: () => node.readableWebStream({ type: 'bytes' }),
    close: () => handle.close(),
    on: node.on.bind(node),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/** Registers the families whose behaviour is Node's, on `fs.promises.FileHandle`. */
export function describeFileHandle(): void {
  describe('oracle FileHandle', () => {
    const fixtures = new Fixtures();
    const subject: FileSubject = {
      name: 'FileHandle',
      isFileHandle: true,
      fixtures,
      open: async (path) => adapt(await promises.open(path, 'r')),
      needs: (test, condition, reason) => skipUnless(test, condition, `FileHandle: ${reason}`),
    };
    after(() => fixtures.dispose());
    for (const [title, family] of Object.entries(COMMON_FAMILIES)) describe(title, () => family(subject));
  });
}
