import { z } from 'zod';

// zod compiles its schemas with `new Function`, which a page's Content-Security-Policy forbids; the attempt alone is
// reported as a violation. Import this before anything that makes a schema.
z.config({ jitless: true });
