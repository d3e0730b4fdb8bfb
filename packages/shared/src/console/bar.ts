const fullBlock = '█';
/** Block characters whose left 0, 1, … 7 eighths are filled. */
const partialBlocks = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** Draws a bar of `width` characters, filled to `fraction` in steps of an eighth of a character. */
export function bar(fraction: number, width: number): string {
  const eighths = Math.floor(Math.min(1, Math.max(0, fraction)) * width * 8);
  const filled = fullBlock.repeat(Math.floor(eighths / 8)) + partialBlocks[eighths % 8];
  return filled.padEnd(width, '░');
}
