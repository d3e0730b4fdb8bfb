import { z } from 'zod';

// Import this file before any schema in a page whose Content-Security-Policy forbids `eval`: zod compiles schemas with
// `new Function`, and the browser reports even the attempt as a violation.
z.config({ jitless: true });
