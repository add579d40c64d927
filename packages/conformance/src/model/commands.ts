/** What the fuzzer may do, as fast-check commands on a {@link World}: each acts on the file and on the model at once. */
import fc from 'fast-check';
import { checkBytes, type Handle, LARGEST_FILE, type World } from './world.js';

export type Command = fc.AsyncCommand<object, World>;

/** A command that needs an open handle does nothing without one. */
class OnHandle implements Command {
  constructor(
    private readonly pick: number,
    private readonly title: string,
    private readonly act: (world: World, handle: Handle) => void | Promise<void>,
  ) {}

  check(): boolean {
    return true;
  }

  async run(_model: object, world: World): Promise<void> {
    const handle = world.handle(this.pick);
    if (handle !== undefined) await this.act(world, handle);
  }

  toString(): string {
    return `${this.title} [handle ${this.pick}]`;
  }
}

class OnWorld implements Command {
  constructor(
    private readonly title: string,
    private readonly act: (world: World) => void | Promise<void>,
  ) {}

  check(): boolean {
    return true;
  }

  async run(_model: object, world: World): Promise<void> {
    await this.act(world);
  }

  toString(): string {
    return this.title;
  }
}

const picks = fc.nat({ max: 7 });
const positions = fc.oneof(
  { weight: 3, arbitrary: fc.nat({ max: LARGEST_FILE + 5000 }) },
  { weight: 1, arbitrary: fc.nat({ max: 70 }).map((block) => block * 4096) },
);
const lengths = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: 40_000 }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, 4096, 65_536) },
  { weight: 1, arbitrary: fc.constant(1_300_000) },
);

const opens = fc.constant(
  new OnWorld('open', (world) => (world.handles.length < 8 ? world.open() : undefined)),
);

const reads = fc.tuple(picks, positions, lengths, fc.boolean()).map(
  ([pick, position, length, lean]) =>
    new OnHandle(pick, `${lean ? 'readAt' : 'read'} ${length} at ${position}`, (world, handle) => {
      const buffer = Buffer.alloc(length);
      const { file } = handle;
      world.start(world.expect(handle, [{ position, length }], 'some'), async (signal) => {
        const bytesRead = lean
          ? await file.readAt(buffer, position, { signal })
          : (await file.read(buffer, { position, signal })).bytesRead;
        return [buffer.subarray(0, bytesRead)];
      });
    }),
);

/** Waited for at once, so that the model knows where the next one begins. */
const followingReads = fc.tuple(picks, fc.nat({ max: 30_000 })).map(
  ([pick, length]) =>
    new OnHandle(pick, `read ${length} without a position`, async (world, handle) => {
      const buffer = Buffer.alloc(length);
      const expected = world.expect(handle, [{ position: handle.cursor, length }], 'some');
      const [result] = await world.waitFor(Promise.allSettled([handle.file.read(buffer)]));
      if (result.status === 'rejected') {
        world.checkFailure(expected, result.reason);
        return;
      }
      const { bytesRead } = result.value;
      checkBytes(expected, [buffer.subarray(0, bytesRead)]);
      handle.cursor += bytesRead;
    }),
);

const batches = fc
  .tuple(picks, fc.array(fc.record({ position: positions, length: lengths }), { maxLength: 8 }), fc.boolean())
  .map(([pick, spans, clamps]) => {
    const eof = clamps ? 'clamp' : 'error';
    return new OnHandle(pick, `readMany ${JSON.stringify(spans)} ${eof}`, (world, handle) => {
      world.start(world.expect(handle, spans, eof), (signal) => handle.file.readMany(spans, { eof, signal }));
    });
  });

const streams = fc
  .tuple(
    picks,
    positions,
    lengths,
    fc.integer({ min: 1000, max: 70_000 }),
    fc.integer({ min: 1, max: 6 }),
    fc.boolean(),
  )
  .map(([pick, start, length, chunkSize, depth, node]) => {
    const title = `${node ? 'createReadStream' : 'chunks'} ${length} from ${start} by ${chunkSize}, ${depth} ahead`;
    return new OnHandle(pick, title, (world, handle) => {
      const { file } = handle;
      const end = start + Math.max(1, length);
      const span = { position: start, length: end - start };
      world.start(world.expect(handle, [span], 'clamp'), async (signal) => {
        const parts: Uint8Array[] = [];
        const source: AsyncIterable<Uint8Array> = node
          ? file.createReadStream({
              start,
              end: end - 1,
              highWaterMark: chunkSize,
              depth,
              signal,
              autoClose: false,
            })
          : file.chunks({ start, end, chunkSize, depth, signal });
        for await (const chunk of source) parts.push(Uint8Array.from(chunk));
        return [Buffer.concat(parts)];
      });
    });
  });

const resizes = fc
  .nat({ max: LARGEST_FILE })
  .map((size) => new OnWorld(`resize to ${size}`, (world) => world.resize(size)));
const aborts = fc.nat({ max: 20 }).map((pick) => new OnWorld(`abort ${pick}`, (world) => world.abort(pick)));
const closes = picks.map((pick) => new OnHandle(pick, 'close', (world, handle) => world.close(handle)));
const turns = fc.constant(new OnWorld('turn', (world) => world.turn()));
const settles = fc.constant(new OnWorld('settle', (world) => world.settle()));

/** Sequences of commands; one that opens comes first. Repeated entries are likelier. */
export function commandSequences(maxCommands: number): fc.Arbitrary<Iterable<Command>> {
  const kinds: fc.Arbitrary<Command>[] = [
    ...[opens, reads, reads, reads, followingReads, batches, batches, streams],
    ...[resizes, aborts, closes, turns, turns, settles],
  ];
  return fc.commands<object, World, false>(kinds, { maxCommands, size: 'max' });
}
