/** Decodes base64 to its bytes. */
export const base64Bytes = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0));

/** Number of bytes that are encoded at once: a multiple of 3, and no more arguments than a call may have. */
const chunkBytes = 3 * 2 ** 13;

/** Encodes bytes as base64. */
export function bytesBase64(bytes: Uint8Array): string {
  let text = '';
  for (let from = 0; from < bytes.length; from += chunkBytes)
    text += btoa(String.fromCharCode(...bytes.subarray(from, from + chunkBytes)));
  return text;
}
