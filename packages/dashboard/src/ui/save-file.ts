/** Saves the content as a file in the viewer's download folder. */
export function saveFile(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // Revoking at once could cancel the download; after 10 s it has begun.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
