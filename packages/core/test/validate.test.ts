/** Checks that stand in the way of every read. */
import assert from 'node:assert/strict';
import { asBytes, byteLengthOf } from '../src/validate.js';

/** Enough calls that V8 compiles what they call. */
const CALLS = 500_000;

function detached(): Uint8Array {
  const view = new Uint8Array(16);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

describe('what every read checks', () => {
  it('[R39] [R60] memory that was taken away has no bytes, also where compiled code has seen resizable memory', () => {
    // `view.length` fails here on Node 20.
    const resizable = new (ArrayBuffer as new (bytes: number, options: object) => ArrayBuffer)(16, {
      maxByteLength: 32,
    });
    const views = [new Uint8Array(16), Buffer.alloc(16), new Uint8Array(resizable)];
    let bytes = 0;
    for (let i = 0; i < CALLS; i++) bytes += byteLengthOf(views[i % views.length] as Uint8Array);
    assert.equal(bytes, 16 * CALLS);
    const gone = detached();
    assert.equal(byteLengthOf(gone), 0);
    assert.throws(() => asBytes(gone, 'buffer'), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /transferred or detached/,
    });
  });
});
