// What a call came to, as plain data that can be compared: value or error, bytes filled, and where the position is then.
import { createHash } from 'node:crypto';
import { Stats } from 'node:fs';
import { Readable } from 'node:stream';

const EVENTS = ['open', 'ready', 'end', 'error', 'close'];

function digest(view) {
  const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  return `${bytes.length} bytes, ${createHash('sha1').update(bytes).digest('hex').slice(0, 8)}`;
}

/** Every view among the arguments: what the call filled. */
function filled(args) {
  return args.flatMap((arg) => {
    if (ArrayBuffer.isView(arg)) return [digest(arg)];
    return arg !== null && typeof arg === 'object' && !(arg instanceof AbortSignal)
      ? filled(Object.values(arg))
      : [];
  });
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

const failure = ({ code, name }) => ({ code, name });

/** Consumes a stream to its end: what it was, its events, its bytes. */
async function consume(stream) {
  const events = [];
  for (const event of EVENTS) stream.on(event, () => events.push(event));
  const { pending, start, end, bytesRead, autoClose, readableHighWaterMark } = stream;
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk));
  let error;
  let over = false;
  stream.on('error', (reason) => (error = failure(reason)));
  for (const event of ['end', 'error', 'close']) stream.on(event, () => (over = true));
  // A stream that closes its file is over when it has; one that does not is never closed.
  while (!(stream.closed || (over && !autoClose))) await turn();
  for (let turns = 0; turns < 5; turns++) await turn();
  const seen = [...events];
  const text = chunks.every((chunk) => typeof chunk === 'string');
  const bytes = text ? chunks.join('') : digest(Buffer.concat(chunks));
  const fields = { pending, start, end, bytesRead, autoClose, readableHighWaterMark };
  return { fields, events: seen, bytes, error, total: stream.bytesRead, destroyed: stream.destroyed };
}

async function linesOf(lines) {
  const all = [];
  for await (const line of lines) all.push(line);
  return { lines: all };
}

async function webBytes(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return { web: digest(Buffer.concat(chunks)) };
}

async function plain(result) {
  if (typeof result?.prompt === 'function') return linesOf(result); // a readline.Interface
  if (result instanceof Readable) return consume(result);
  if (result instanceof ReadableStream) return webBytes(result);
  if (ArrayBuffer.isView(result)) return digest(result);
  if (result instanceof Stats || typeof result?.isFile === 'function') {
    const { size, mode, ino, mtimeMs, mtimeNs } = result;
    return { size, mode, ino, mtimeMs, mtimeNs, file: result.isFile() };
  }
  if (typeof result?.bytesRead !== 'number') return result;
  const { bytesRead, buffer, buffers } = result;
  return { bytesRead, filled: filled([buffer ?? buffers]) };
}

/** The next five bytes that a read without a position gets. */
async function position(file) {
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(5));
    return `${bytesRead}: ${buffer.toString('hex')}`;
  } catch (error) {
    return failure(error);
  }
}

/** Calls `method` of `file` with `args`. */
export async function outcomeOf(file, method, args) {
  let promise;
  let end;
  try {
    promise = file[method](...args);
  } catch (error) {
    end = { throws: failure(error) };
  }
  if (end === undefined) {
    try {
      end = { value: await plain(await promise) };
    } catch (error) {
      end = { rejects: failure(error) };
    }
  }
  return { ...end, filled: filled(args), next: await position(file) };
}
