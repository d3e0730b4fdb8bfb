/** Reads a file of a run. @throws Error when it cannot be read, with a text for the viewer if the gateway responded. */
export async function readRunFile(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url, { cache: 'no-cache' });
  if (response.ok) return response.arrayBuffer();
  throw new Error(
    response.status === 404
      ? 'the run has no such file'
      : `the gateway answered with status ${response.status}`,
  );
}

/**
 * Reads the bytes of a run's file from `begin` up to, but not including, `end`, or to the end of the file. Returns fewer bytes
 * where the file ends before `end`.
 * @throws Error when the file cannot be read, with a text for the viewer if the gateway responded.
 */
export async function readRunFileRange(url: string, begin: number, end?: number): Promise<Uint8Array> {
  const response = await fetch(url, {
    headers: { range: `bytes=${begin}-${end === undefined ? '' : end - 1}` },
  });
  if (response.status === 206) return new Uint8Array(await response.arrayBuffer());
  // A gateway or proxy without ranges sends the whole file.
  if (response.ok) return new Uint8Array(await response.arrayBuffer(), begin).slice(0, end && end - begin);
  if (response.status === 416) return new Uint8Array();
  throw new Error(
    response.status === 404
      ? 'the run has no such file'
      : `the gateway answered with status ${response.status}`,
  );
}
