/** The shape of a picture as it comes through the door: a head of 32 bytes, then the planes Y, U and V. */

export const HEAD = 32;
const LARGEST = 8192;

export interface Frame {
  view: number;
  number: number;
  width: number;
  height: number;
  /** When the picture was taken, in microseconds. */
  taken: number;
  /** I420 without padding. */
  planes: Uint8Array<ArrayBuffer>;
}

/** Nothing for what is no picture: its size and its length have to agree to the byte. */
export function frameOf(data: unknown): Frame | null {
  if (!(data instanceof ArrayBuffer) || data.byteLength < HEAD) return null;
  const head = new DataView(data, 0, HEAD);
  const width = head.getUint16(8, true);
  const height = head.getUint16(10, true);
  const flags = head.getUint32(12, true);
  const reserved = head.getBigUint64(24, true);
  if (flags !== 0 || reserved !== 0n) return null;
  if (width === 0 || height === 0 || width % 2 !== 0 || height % 2 !== 0 || width > LARGEST || height > LARGEST) return null;
  if (data.byteLength !== HEAD + (width * height * 3) / 2) return null;
  return {
    view: head.getUint32(0, true),
    number: head.getUint32(4, true),
    width,
    height,
    taken: Number(head.getBigUint64(16, true)),
    planes: new Uint8Array(data, HEAD),
  };
}
