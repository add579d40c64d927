/**
 * Page-aligned memory without native code. The ArrayBuffer of a WebAssembly.Memory begins on a page and can't be
 * transferred away, so a read into it is safe whatever its owner does; V8's other buffers are neither.
 * Each one reserves several GiB of address space (not memory), so it is for slabs, not for single buffers.
 */
interface WasmMemory {
  readonly buffer: ArrayBuffer;
}
declare const WebAssembly: { Memory: new (limits: { initial: number; maximum: number }) => WasmMemory };

const WASM_PAGE_BYTES = 65_536;

/** At least `bytes` bytes: whole 64 KiB pages, zeroed. @throws RangeError when the system has no room */
export function allocateWasmPages(bytes: number): ArrayBuffer {
  const pages = Math.ceil(bytes / WASM_PAGE_BYTES);
  return new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer;
}
