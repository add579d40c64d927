/** The suites run on every backend that this system has. */
import { describeBackends, open, type OverlappedFile } from '@overlapped/core';
import { Fixtures, whereLoaded } from '@overlapped/conformance';

export interface Subject {
  readonly fixtures: Fixtures;
  /** Opens a file on the backend under test. It is closed after the test, if the test has not closed it. */
  readonly open: (path: string) => Promise<OverlappedFile>;
  /** Name of the backend. */
  readonly backend: string;
}

/** Registers `suite` for each backend; in CI one that ought to work here and does not is a failure. */
export function onEachBackend(adapter: string, suite: (subject: Subject) => void): void {
  for (const { name, status, code, message } of describeBackends().candidates) {
    if (code === 'other-platform') continue;
    const loaded =
      status === 'refused'
        ? { ok: false as const, refusal: { code, message } }
        : { ok: true as const, addon: name };
    whereLoaded(`adapter ${adapter}, backend ${name}`, loaded, Boolean(process.env.CI), (backend) => {
      describe(`adapter ${adapter}, backend ${backend}`, () => {
        const fixtures = new Fixtures();
        const opened: OverlappedFile[] = [];
        afterEach(async () => {
          await Promise.all(opened.splice(0).map((file) => file.close()));
        });
        after(() => fixtures.dispose());
        suite({
          backend,
          fixtures,
          async open(path) {
            const file = await open(path, { backend });
            opened.push(file);
            return file;
          },
        });
      });
    });
  }
}

/** All of a web stream's bytes. */
export async function drain(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
