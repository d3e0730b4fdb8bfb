import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** Text files: images and fonts are compressed already. */
const compressible = /\.(css|html|js|json|svg)$/;
/** Smaller files fit into the first packets without compression. */
const minBytes = 1_024;

/** Vite plugin: writes `FILE.br` and `FILE.gz` beside each text of the page, for servers to send as they are. */
export const compressFiles = () => ({
  name: 'compress-files',
  writeBundle({ dir }) {
    for (const name of readdirSync(dir, { recursive: true })) {
      if (!compressible.test(name)) continue;
      const path = join(dir, name);
      const content = readFileSync(path);
      if (content.length < minBytes) continue;
      writeFileSync(`${path}.br`, brotliCompressSync(content));
      writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
    }
  },
});
